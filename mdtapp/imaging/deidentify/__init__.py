"""Taking the patient out of DICOM data sets: pseudonyms for who works on the case, de-identified copies for others."""
