"""The parts of the draft, one file per reason why sentences change. The door is `mdtapp.opinions.draft`."""
