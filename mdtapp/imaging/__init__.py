"""DICOM studies: rows, previews, and the tray of what belongs to no case yet."""
