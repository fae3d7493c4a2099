"""DICOMweb: QIDO-RS, WADO-RS and STOW-RS (PS3.18) over what the asking person's cases hold."""
