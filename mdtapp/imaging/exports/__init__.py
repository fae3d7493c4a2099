"""Images on their way out: a study or some of its series as a zip, in one of three forms."""
