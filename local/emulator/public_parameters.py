"""The public SSM parameters that name the newest Amazon Linux images.

AWS: serves them to every account. Upstream: serves two of them. Here: the image is the stub that
upstream's EC2 has, whatever the parameter says of architecture and kernel; nothing boots from it.
"""

from __future__ import annotations

from local.emulator import upstream

_FOLDER = "/aws/service/ami-amazon-linux-latest"
_KNOWN = f"{_FOLDER}/al2023-ami-kernel-default-x86_64"
_KERNELS = ("kernel-default", "kernel-6.1", "kernel-6.12")


def close() -> None:
    """Adds the parameters that templates use."""
    ssm = upstream.require("ministack.services.ssm", "_PUBLIC_AMI_PARAMETERS")
    parameters: dict[str, str] = ssm._PUBLIC_AMI_PARAMETERS
    image = parameters[_KNOWN]
    for kernel in _KERNELS:
        for architecture in ("arm64", "x86_64"):
            for kind in ("al2023-ami", "al2023-ami-minimal"):
                parameters.setdefault(f"{_FOLDER}/{kind}-{kernel}-{architecture}", image)
