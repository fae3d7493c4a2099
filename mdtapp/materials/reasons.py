"""Why a file was not simply accepted: a stable code, and a sentence a coordinator can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mdtapp.clinical.bitext import Bitext


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stored and recorded; `text` is shown."""

    code: str
    text: Bitext


def _reason(code: str, en: str, zh: str) -> Reason:
    return Reason(code, Bitext(en, zh))


EMPTY = _reason(
    "empty",
    "The file is empty. Ask the sender for it again.",
    "文件为空，请联系发送方重新提供。",
)
UNREADABLE = _reason(
    "unreadable",
    "The file could not be read from its medium. Copy it again, or ask for a new disc.",
    "无法从介质读取该文件，请重新拷贝或索取新光盘。",
)
TOO_LARGE = _reason(
    "too_large",
    "The file is over the size limit and was not taken. Send large studies over DICOM or in parts.",
    "文件超过大小限制，未接收。大型检查请通过 DICOM 发送或分批上传。",
)
UNKNOWN_TYPE = _reason(
    "unknown_type",
    "This type of file is not known here. It is kept aside; ask the sender for a PDF, a picture or DICOM.",
    "无法识别该文件类型，已隔离保存。请索取 PDF、图片或 DICOM 文件。",
)
PROGRAM = _reason(
    "program",
    "This is a program, such as the viewer of a patient disc. It is kept aside and never run.",
    "这是程序文件（如患者光盘自带的阅片软件），已隔离保存，不会运行。",
)
MISLABELLED = _reason(
    "mislabelled",
    "The name of the file says another type than its content. It is treated by its content.",
    "文件扩展名与内容不符，已按内容处理。",
)
CUT_SHORT = _reason(
    "cut_short",
    "The file ends too early, or holds fewer pixels than its header says. What could be read is kept; ask the sender for a complete copy.",
    "文件不完整，或像素少于文件头所述，可读部分已保存。请索取完整文件。",
)
SYMLINK = _reason(
    "symlink",
    "This entry is a link to another place, not a file. It was not followed.",
    "该条目为链接而非文件，未予读取。",
)
SPECIAL_FILE = _reason(
    "special_file",
    "This entry is a device or a pipe, not a file. It was not read.",
    "该条目为设备或管道而非文件，未予读取。",
)
PATH_CLIMBS = _reason(
    "path_climbs",
    "The path of this entry leads out of its archive. It was not unpacked; ask how the archive was made.",
    "该条目的路径指向压缩包之外，未解压。请核实压缩包来源。",
)
ARCHIVE_BROKEN = _reason(
    "archive_broken",
    "The archive is damaged and could not be opened. Ask the sender to pack it again.",
    "压缩包已损坏，无法打开。请发送方重新打包。",
)
ARCHIVE_ENTRY_BROKEN = _reason(
    "archive_entry_broken",
    "This entry of the archive is damaged. Ask the sender to pack it again.",
    "压缩包中的该条目已损坏。请发送方重新打包。",
)
ARCHIVE_ENCRYPTED = _reason(
    "archive_encrypted",
    "The archive is protected by a password. Ask the sender for an open one, sent over a safe way.",
    "压缩包有密码保护。请发送方以安全方式提供未加密的压缩包。",
)
ARCHIVE_METHOD = _reason(
    "archive_method",
    "This kind of archive is not unpacked here. Ask the sender for an ordinary zip.",
    "不支持该压缩格式，请发送方提供普通 zip 压缩包。",
)
ARCHIVE_COUNT = _reason(
    "archive_count",
    "The archive holds more than 20,000 entries. Ask the sender to split it.",
    "压缩包条目超过 20,000 个，请发送方拆分。",
)
ARCHIVE_SIZE = _reason(
    "archive_size",
    "Unpacked, the archive would be larger than 8 GiB. Ask the sender to split it.",
    "压缩包解压后超过 8 GiB，请发送方拆分。",
)
ARCHIVE_RATIO = _reason(
    "archive_ratio",
    "The archive swells far beyond what records do when unpacked, so it was not opened. Ask how it was made.",
    "压缩包的压缩比异常，未予打开。请核实其来源。",
)
ARCHIVE_DEPTH = _reason(
    "archive_depth",
    "Archives are packed inside archives too deeply. Ask the sender to pack the files once.",
    "压缩包嵌套层数过多，请发送方只打包一次。",
)
DICOM_UNREADABLE = _reason(
    "dicom_unreadable",
    "This looks like DICOM but its header cannot be read. Ask the sender to export the study again.",
    "文件疑似 DICOM，但无法读取其头信息。请发送方重新导出检查。",
)
DICOM_TOO_DEEP = _reason(
    "dicom_too_deep",
    "This DICOM file is nested deeper than any real one. It is kept aside; ask which device made it.",
    "该 DICOM 文件嵌套层数异常，已隔离保存。请核实生成设备。",
)
DICOM_TOO_HUNGRY = _reason(
    "dicom_too_hungry",
    "Reading this DICOM file needs more memory or time than allowed. It is kept aside; ask for a new export.",
    "读取该 DICOM 文件所需内存或时间超出限制，已隔离保存。请重新导出。",
)
DICOM_PREAMBLE_PROGRAM = _reason(
    "dicom_preamble_program",
    "This DICOM file begins like a program. It is kept aside and never run; ask for a new export.",
    "该 DICOM 文件开头含程序代码，已隔离保存，不会运行。请重新导出。",
)
READER_DIED = _reason(
    "reader_died",
    "The reader stopped on this file and was started again. The file is kept aside; ask for a new export.",
    "读取程序处理该文件时中止并已重启，文件已隔离保存。请重新导出。",
)
UID_MISSING = _reason(
    "uid_missing",
    "This DICOM file does not say which study, series or instance it is. It cannot be filed; ask for a new export.",
    "该 DICOM 文件缺少检查、序列或实例标识（UID），无法归档。请重新导出。",
)
UID_IMPROPER = _reason(
    "uid_improper",
    "An identifier (UID) of this DICOM file is not made of digits and dots. It cannot be filed; ask for a new export.",
    "该 DICOM 文件的标识（UID）格式不正确，无法归档。请重新导出。",
)
OTHER_CONTENT = _reason(
    "same_uid_other_bytes",
    "An image with this identifier but other content is already here. The first one stays; ask which one is right.",
    "已存在标识相同而内容不同的影像，先收到的保持不变。请核实哪一份正确。",
)
IDENTITY_DIFFERS = _reason(
    "identity_differs",
    "The images name a patient who differs from this case. Compare field by field and decide.",
    "影像中的患者信息与本病例不符，请逐项核对后决定。",
)
IDENTITY_UNSURE = _reason(
    "identity_cannot_tell",
    "The images say too little to tell whether they belong to this case. Compare field by field and decide.",
    "影像中的患者信息不足以判断是否属于本病例，请逐项核对后决定。",
)
IDENTITY_UNKNOWN = _reason(
    "identity_not_sealed",
    "This case has no sealed identity to compare with. Enter it, or decide for these images by hand.",
    "本病例尚未登记身份信息，无法核对。请补登，或对这些影像作出决定。",
)
IDENTITY_REJECTED = _reason(
    "identity_rejected",
    "Images of this patient and study were found not to belong to this case before. They are kept aside.",
    "此前已确认该检查不属于本病例，影像已隔离保存。",
)
MIXED_PATIENTS = _reason(
    "mixed_patients",
    "The images of this series name more than one patient, so no preview is made.",
    "该序列的影像含多名患者信息，不生成预览图。",
)
NO_CASE = _reason(
    "no_case",
    "The images came without a case. They wait in the tray until somebody assigns them.",
    "影像未指定病例，在待分配列表中等待分配。",
)
NO_PICTURE = _reason(
    "no_picture",
    "The pixels are compressed or damaged in a way that gives no preview here. The original bytes are kept.",
    "像素数据的压缩方式或损坏情况使其无法生成预览图，原始数据已保存。",
)
NO_CODEC = _reason(
    "no_codec",
    "The pixels are compressed as lossless or 12-bit JPEG. No decoder whose licence fits this program reads it, so there is no preview here: open the images in the viewer, which has a decoder of its own. The original bytes are kept.",
    "像素数据为无损 JPEG 或 12 位 JPEG 压缩，目前没有许可证与本程序相容的解码器，故此处无预览图。请用阅片器打开，阅片器自带解码器。原始数据已保存。",
)
NO_PIXELS = _reason(
    "no_pixels",
    "This series holds no pixels, so there is no preview.",
    "该序列不含像素数据，无预览图。",
)
PICTURE_UNREADABLE = _reason(
    "picture_unreadable",
    "The picture is damaged and cannot be shown. It is kept; ask the sender for it again.",
    "图片已损坏，无法显示，文件已保存。请发送方重新提供。",
)
PIXEL_FLOOD = _reason(
    "pixel_flood",
    "The picture claims more pixels than any real one. It is kept aside and not shown.",
    "图片像素数异常，已隔离保存，不予显示。",
)
SLIDE_UNREADABLE = _reason(
    "slide_unreadable",
    "This slide is damaged or ends too early, so it cannot be shown. It is kept aside; ask the sender for it again.",
    "该数字切片已损坏或不完整，无法显示，已隔离保存。请发送方重新提供。",
)
SLIDE_TOO_HUNGRY = _reason(
    "slide_too_hungry",
    "Reading this slide needs more memory or time than allowed. It is kept; ask the sender for another export.",
    "读取该数字切片所需内存或时间超出限制，文件已保存。请发送方重新导出。",
)
SLIDE_INCOMPLETE = _reason(
    "slide_incomplete",
    "Files of this slide are missing. Ask the sender for the .mrxs file together with its whole folder.",
    "该数字切片缺少组成文件。请发送方将 .mrxs 文件与其同名文件夹一并提供。",
)
SLIDE_TILE_UNREADABLE = _reason(
    "slide_tile_unreadable",
    "This part of the slide is damaged. Ask the sender for the slide again.",
    "切片的该部分已损坏。请发送方重新提供。",
)


def slide_incomplete(missing: Sequence[str]) -> Reason:
    """`SLIDE_INCOMPLETE` with the names of what is missing, at most ten of them."""
    named = ", ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
    text = SLIDE_INCOMPLETE.text
    return Reason(SLIDE_INCOMPLETE.code, Bitext(f"{text.en} Missing: {named}.", f"{text.zh}缺少：{named}。"))


REASONS: dict[str, Reason] = {
    value.code: value for value in list(globals().values()) if isinstance(value, Reason)
}
