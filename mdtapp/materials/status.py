"""The words of an arrival: where it came from, what it is, what became of it."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.clinical.bitext import Bitext


class MaterialKind(StrEnum):
    """What a material is to a clinician; a coordinator may correct it."""

    PATHOLOGY_REPORT = "pathology_report"
    SLIDES = "slides"
    MOLECULAR_REPORT = "molecular_report"
    IMAGING_DICOM = "imaging_dicom"
    IMAGING_REPORT = "imaging_report"
    LAB_REPORT = "lab_report"
    CLINIC_LETTER = "clinic_letter"
    OPERATION_NOTE = "operation_note"
    RADIOTHERAPY_RECORD = "radiotherapy_record"
    ENDOSCOPY_REPORT = "endoscopy_report"
    CONSENT = "consent"
    PHOTO = "photo"
    OTHER = "other"


MATERIAL_KIND_LABELS = {
    MaterialKind.PATHOLOGY_REPORT: Bitext("Pathology report", "病理报告"),
    MaterialKind.SLIDES: Bitext("Slides", "病理切片"),
    MaterialKind.MOLECULAR_REPORT: Bitext("Molecular report", "分子检测报告"),
    MaterialKind.IMAGING_DICOM: Bitext("Images (DICOM)", "影像（DICOM）"),
    MaterialKind.IMAGING_REPORT: Bitext("Imaging report", "影像报告"),
    MaterialKind.LAB_REPORT: Bitext("Laboratory report", "检验报告"),
    MaterialKind.CLINIC_LETTER: Bitext("Clinic letter", "门诊信函"),
    MaterialKind.OPERATION_NOTE: Bitext("Operation note", "手术记录"),
    MaterialKind.RADIOTHERAPY_RECORD: Bitext("Radiotherapy record", "放疗记录"),
    MaterialKind.ENDOSCOPY_REPORT: Bitext("Endoscopy report", "内镜报告"),
    MaterialKind.CONSENT: Bitext("Consent", "知情同意书"),
    MaterialKind.PHOTO: Bitext("Photograph", "照片"),
    MaterialKind.OTHER: Bitext("Other", "其他"),
}


class MaterialStatus(StrEnum):
    """Whether the panel has it in hand."""

    RECEIVED = "received"
    RECEIVED_POOR = "received_poor"
    REQUESTED = "requested"
    NOT_AVAILABLE = "not_available"
    NOT_NEEDED = "not_needed"


MATERIAL_STATUS_LABELS = {
    MaterialStatus.RECEIVED: Bitext("Received", "已收到"),
    MaterialStatus.RECEIVED_POOR: Bitext("Received, poor quality", "已收到，质量不佳"),
    MaterialStatus.REQUESTED: Bitext("Requested", "已索取"),
    MaterialStatus.NOT_AVAILABLE: Bitext("Not available", "无法提供"),
    MaterialStatus.NOT_NEEDED: Bitext("Not needed", "不需要"),
}


class FileKind(StrEnum):
    """What the bytes of one file are, whatever its name says."""

    DICOM = "dicom"
    DICOMDIR = "dicomdir"
    PDF = "pdf"
    PICTURE = "picture"
    SLIDE = "slide"
    SLIDE_PART = "slide_part"
    TEXT = "text"
    MARKUP = "markup"
    OFFICE = "office"
    ARCHIVE = "archive"
    PROGRAM = "program"
    UNKNOWN = "unknown"


FILE_KIND_LABELS = {
    FileKind.DICOM: Bitext("DICOM", "DICOM"),
    FileKind.DICOMDIR: Bitext("Disc index (DICOMDIR)", "光盘目录（DICOMDIR）"),
    FileKind.PDF: Bitext("PDF", "PDF"),
    FileKind.PICTURE: Bitext("Picture", "图片"),
    FileKind.SLIDE: Bitext("Slide", "数字切片"),
    FileKind.SLIDE_PART: Bitext("Part of a slide", "数字切片的组成文件"),
    FileKind.TEXT: Bitext("Text", "文本"),
    FileKind.MARKUP: Bitext("Web page or drawing", "网页或矢量图"),
    FileKind.OFFICE: Bitext("Office document", "办公文档"),
    FileKind.ARCHIVE: Bitext("Archive", "压缩包"),
    FileKind.PROGRAM: Bitext("Program", "程序"),
    FileKind.UNKNOWN: Bitext("Unknown", "未知"),
}


class Outcome(StrEnum):
    """What became of one arriving file. Every file has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FLAGGED = "flagged"
    CONTAINED = "contained"


OUTCOME_LABELS = {
    Outcome.ACCEPTED: Bitext("Accepted", "已接收"),
    Outcome.DUPLICATE: Bitext("Already here", "重复"),
    Outcome.FLAGGED: Bitext("Waits for a decision", "待人工确认"),
    Outcome.CONTAINED: Bitext("Kept aside", "已隔离"),
}


class Source(StrEnum):
    """The door a file came through."""

    UPLOAD = "upload"
    COMMAND_LINE = "command_line"
    DICOM = "dicom"
    STOW = "stow"
    DEMONSTRATION = "demonstration"


class Decision(StrEnum):
    """What a person decided about a flagged file."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
