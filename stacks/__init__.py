"""The CDK app's stacks."""

import sys
from pathlib import Path

# The lake's tables have the columns that the models of the events have: lambda_src/schemas.
sys.path.append(str(Path(__file__).resolve().parents[1] / "lambda_src"))
