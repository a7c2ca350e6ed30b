"""The packaging job: settings of AWS Elemental MediaConvert, made from the ladder.

Pure: an order and a ladder in, the ``Settings`` of ``CreateJob`` out. The same settings run on
one machine, where the emulator reads them and calls ffmpeg.
"""

from __future__ import annotations

from typing import Any

from schemas.ladder import Ladder, Rendition
from schemas.package import BASENAME, AudioTrack, PackageOrder, Part

THUMBNAIL = "_thumbnail"
POSTER = "_poster"
_VIDEO_BUFFER_SECONDS = 2
Settings = dict[str, Any]


def parts(order: PackageOrder, ladder: Ladder) -> tuple[Part, ...]:
    """Every playlist that the job writes: the renditions, smallest first, then the languages."""
    picture = order.mezzanine.video[0]
    video = ladder.renditions_for(picture.width, picture.height)
    return (
        *(Part(kind="video", name=rung.name, modifier=f"_{rung.name}") for rung in video),
        *(
            Part(kind="audio", name=track.language, modifier=f"_audio_{track.language}")
            for track in order.audio
        ),
    )


def job_settings(order: PackageOrder, ladder: Ladder) -> Settings:
    """``Settings`` of ``CreateJob``: CMAF with HLS playlists, seek-bar pictures and a poster."""
    destination = f"s3://{order.bucket}/{order.staging}/{BASENAME}"
    return {
        "TimecodeConfig": {"Source": "ZEROBASED"},
        "Inputs": [
            {
                "FileInput": f"s3://{order.bucket}/{order.source}",
                "TimecodeSource": "ZEROBASED",
                "VideoSelector": {},
                "AudioSelectors": {
                    _selector(track): {"SelectorType": "TRACK", "Tracks": [track.track]}
                    for track in order.audio
                },
            }
        ],
        "OutputGroups": [
            _cmaf_group(order, ladder, destination),
            _pictures_group(order, ladder, destination),
        ],
    }


def _cmaf_group(order: PackageOrder, ladder: Ladder, destination: str) -> Settings:
    picture = order.mezzanine.video[0]
    video = [
        _video(order, rung, ladder) for rung in ladder.renditions_for(picture.width, picture.height)
    ]
    return {
        "Name": "cmaf",
        "OutputGroupSettings": {
            "Type": "CMAF_GROUP_SETTINGS",
            "CmafGroupSettings": {
                "Destination": destination,
                "SegmentControl": "SEGMENTED_FILES",
                "SegmentLength": ladder.segment_seconds,
                "SegmentLengthControl": "GOP_MULTIPLE",
                "FragmentLength": ladder.gop_seconds,
                "WriteHlsManifest": "ENABLED",
                "WriteDashManifest": "DISABLED",
                "CodecSpecification": "RFC_6381",
                "ManifestDurationFormat": "FLOATING_POINT",
                "ManifestCompression": "NONE",
                "StreamInfResolution": "INCLUDE",
                "PtsOffsetHandlingForBFrames": "MATCH_INITIAL_PTS",
                "DestinationSettings": {
                    "S3Settings": {"Encryption": {"EncryptionType": "SERVER_SIDE_ENCRYPTION_S3"}}
                },
            },
        },
        "Outputs": [*video, *(_audio(track, ladder) for track in order.audio)],
    }


def _video(order: PackageOrder, rung: Rendition, ladder: Ladder) -> Settings:
    picture = order.mezzanine.video[0]
    width, height = rung.fitted(picture.width, picture.height)
    bitrate = rung.max_kbps * 1000
    return {
        "NameModifier": f"_{rung.name}",
        "ContainerSettings": {"Container": "CMFC"},
        "VideoDescription": {
            "Width": width,
            "Height": height,
            "ScalingBehavior": "FIT",
            "Sharpness": 50,
            "CodecSettings": {
                "Codec": "H_264",
                "H264Settings": {
                    "RateControlMode": "QVBR",
                    "QvbrSettings": {"QvbrQualityLevel": rung.quality},
                    "MaxBitrate": bitrate,
                    "HrdBufferSize": bitrate * _VIDEO_BUFFER_SECONDS,
                    "QualityTuningLevel": "SINGLE_PASS",
                    "CodecProfile": rung.profile,
                    "CodecLevel": "AUTO",
                    # Keyframes where every rendition has them, and nowhere else.
                    "GopSize": ladder.gop_frames(picture.rate),
                    "GopSizeUnits": "FRAMES",
                    "GopClosedCadence": 1,
                    "SceneChangeDetect": "DISABLED",
                    "NumberBFramesBetweenReferenceFrames": 2,
                    "InterlaceMode": "PROGRESSIVE",
                    "FramerateControl": "SPECIFIED",
                    "FramerateNumerator": picture.rate.numerator,
                    "FramerateDenominator": picture.rate.denominator,
                    "ParControl": "SPECIFIED",
                    "ParNumerator": 1,
                    "ParDenominator": 1,
                },
            },
        },
    }


def _audio(track: AudioTrack, ladder: Ladder) -> Settings:
    return {
        "NameModifier": f"_audio_{track.language}",
        "ContainerSettings": {"Container": "CMFC"},
        "AudioDescriptions": [
            {
                "AudioSourceName": _selector(track),
                "CodecSettings": {
                    "Codec": "AAC",
                    "AacSettings": {
                        "Bitrate": ladder.audio.kbps * 1000,
                        "SampleRate": ladder.audio.sample_rate,
                        "CodingMode": f"CODING_MODE_{ladder.audio.channels}_0",
                        "CodecProfile": "LC",
                        "RateControlMode": "CBR",
                    },
                },
                "LanguageCodeControl": "USE_CONFIGURED",
                "CustomLanguageCode": track.language,
            }
        ],
    }


def _pictures_group(order: PackageOrder, ladder: Ladder, destination: str) -> Settings:
    picture = order.mezzanine.video[0]
    thumbs = ladder.thumbnails
    # The poster is the picture a third of the way in: the second of two captures.
    third = max(1, int(order.mezzanine.duration_seconds // 3))
    poster = ladder.poster.fitted(picture.width, picture.height)
    return {
        "Name": "pictures",
        "OutputGroupSettings": {
            "Type": "FILE_GROUP_SETTINGS",
            "FileGroupSettings": {"Destination": destination},
        },
        "Outputs": [
            _capture(THUMBNAIL, (thumbs.width, thumbs.height), thumbs.every_seconds, 10_000),
            _capture(POSTER, poster, third, 2),
        ],
    }


def _capture(modifier: str, size: tuple[int, int], every_seconds: int, most: int) -> Settings:
    return {
        "NameModifier": modifier,
        "Extension": "jpg",
        "ContainerSettings": {"Container": "RAW"},
        "VideoDescription": {
            "Width": size[0],
            "Height": size[1],
            "ScalingBehavior": "DEFAULT",
            "CodecSettings": {
                "Codec": "FRAME_CAPTURE",
                "FrameCaptureSettings": {
                    "FramerateNumerator": 1,
                    "FramerateDenominator": every_seconds,
                    "MaxCaptures": most,
                    "Quality": 80,
                },
            },
        },
    }


def _selector(track: AudioTrack) -> str:
    return f"audio {track.language}"
