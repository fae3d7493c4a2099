"""The DICOM listener: C-ECHO and C-STORE into the same intake as an upload."""
