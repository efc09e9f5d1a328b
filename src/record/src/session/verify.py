import hashlib, sys
before = b""
for number, line in enumerate(open(sys.argv[1], "rb"), 1):
    if not line.strip():
        continue  # a process that was killed may leave empty lines
    body, _, chain = line.rpartition(b',"chain":"')
    before = hashlib.sha256(before + body).hexdigest()[:16].encode()
    assert chain == before + b'"}\n', f"line {number} does not follow from the line before it"
