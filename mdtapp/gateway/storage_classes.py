"""Storage SOP classes a second opinion meets (PS3.4 table B.5-1), and the transfer syntaxes we take."""

from __future__ import annotations

from pydicom import uid

COMMON_CLASSES: tuple[str, ...] = (
    uid.CTImageStorage,
    uid.EnhancedCTImageStorage,
    uid.MRImageStorage,
    uid.EnhancedMRImageStorage,
    uid.PositronEmissionTomographyImageStorage,
    uid.EnhancedPETImageStorage,
    uid.NuclearMedicineImageStorage,
    uid.UltrasoundImageStorage,
    uid.UltrasoundMultiFrameImageStorage,
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation,
    uid.DigitalXRayImageStorageForProcessing,
    uid.DigitalMammographyXRayImageStorageForPresentation,
    uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.BreastTomosynthesisImageStorage,
    uid.XRayAngiographicImageStorage,
    uid.XRayRadiofluoroscopicImageStorage,
    uid.SecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    uid.MultiFrameTrueColorSecondaryCaptureImageStorage,
    uid.VLEndoscopicImageStorage,
    uid.VLMicroscopicImageStorage,
    uid.VLPhotographicImageStorage,
    uid.VLWholeSlideMicroscopyImageStorage,
    uid.SegmentationStorage,
    uid.RTStructureSetStorage,
    uid.RTPlanStorage,
    uid.RTDoseStorage,
    uid.RTImageStorage,
    uid.SpatialRegistrationStorage,
    uid.GrayscaleSoftcopyPresentationStateStorage,
    uid.BasicTextSRStorage,
    uid.EnhancedSRStorage,
    uid.ComprehensiveSRStorage,
    uid.Comprehensive3DSRStorage,
    uid.XRayRadiationDoseSRStorage,
    uid.KeyObjectSelectionDocumentStorage,
    uid.EncapsulatedPDFStorage,
)

_SECONDARY = (uid.SecondaryCaptureImageStorage, uid.GrayscaleSoftcopyPresentationStateStorage)
_REPORTS = (
    uid.BasicTextSRStorage,
    uid.EnhancedSRStorage,
    uid.ComprehensiveSRStorage,
    uid.Comprehensive3DSRStorage,
)
_OF_MODALITY: dict[str, tuple[str, ...]] = {
    "CT": (uid.CTImageStorage, uid.EnhancedCTImageStorage, *_SECONDARY),
    "MR": (uid.MRImageStorage, uid.EnhancedMRImageStorage, *_SECONDARY),
    "PT": (uid.PositronEmissionTomographyImageStorage, uid.EnhancedPETImageStorage, *_SECONDARY),
    "NM": (uid.NuclearMedicineImageStorage, *_SECONDARY),
    "US": (uid.UltrasoundImageStorage, uid.UltrasoundMultiFrameImageStorage, *_SECONDARY),
    "CR": (uid.ComputedRadiographyImageStorage, *_SECONDARY),
    "DX": (uid.DigitalXRayImageStorageForPresentation, uid.DigitalXRayImageStorageForProcessing),
    "MG": (
        uid.DigitalMammographyXRayImageStorageForPresentation,
        uid.DigitalMammographyXRayImageStorageForProcessing,
        uid.BreastTomosynthesisImageStorage,
    ),
    "SM": (uid.VLWholeSlideMicroscopyImageStorage,),
    "SR": _REPORTS,
    "SEG": (uid.SegmentationStorage,),
    "KO": (uid.KeyObjectSelectionDocumentStorage,),
    "DOC": (uid.EncapsulatedPDFStorage,),
    "RTSTRUCT": (uid.RTStructureSetStorage,),
}


def classes_of_modality(modality: str) -> tuple[str, ...]:
    """The classes a series of this modality is usually made of; the common list for any other."""
    return _OF_MODALITY.get(modality, COMMON_CLASSES)


# Uncompressed last: a PACS that may choose then sends what it has instead of unpacking it.
TRANSFER_SYNTAXES: tuple[str, ...] = (
    uid.JPEGLosslessSV1,
    uid.JPEGLossless,
    uid.JPEG2000Lossless,
    uid.JPEGLSLossless,
    uid.RLELossless,
    uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit,
    uid.JPEG2000,
    uid.JPEGLSNearLossless,
    uid.HTJ2KLossless,
    uid.HTJ2K,
    uid.MPEG4HP41,
    "1.2.840.10008.1.2.8.1",  # Deflated Image Frame Compression
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
)
