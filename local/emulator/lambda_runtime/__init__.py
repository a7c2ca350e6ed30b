"""Python functions, run as Lambda's own runtime runs them.

AWS: an error carries the exception's name and stack; a function sees its own environment and
nothing else; it may import its layers, boto3 and the standard library; it survives its errors.
Upstream: every error is ``Runtime.HandlerError``; the function inherits the emulator's environment
and may import whatever is installed beside it; each error costs a cold start; each execution
environment unpacks and compiles its layers anew; an invocation without output waits 50 ms for some.
"""

from local.emulator.lambda_runtime.execution import close

__all__ = ["close"]
