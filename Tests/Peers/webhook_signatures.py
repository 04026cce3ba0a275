"""Signs messages with the package standardwebhooks. Usage: webhook_signatures.py FILE

FILE has a JSON object a line: secret, id, timestamp (seconds) and body. The signatures are printed, one a line.
"""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from standardwebhooks import Webhook

for line in Path(sys.argv[1]).read_text().split("\n"):
    if line:
        message = json.loads(line)
        time = datetime.fromtimestamp(message["timestamp"], tz=timezone.utc)
        print(Webhook(message["secret"]).sign(message["id"], time, message["body"]))
