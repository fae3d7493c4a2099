"""The DICOM listener: C-ECHO and C-STORE into the spool, in a process of its own."""
