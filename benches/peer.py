"""Trafilatura over the pages of a folder, from memory, on one thread: prints pages a second of CPU time.

usage: peer.py FOLDER (called by benches/find.rs where PEER names a Python that has trafilatura)
"""
import os
import sys
import time

import trafilatura

folder = sys.argv[1]
pages = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
        pages.append(file.read())
trafilatura.extract(pages[0], include_links=True)
start = time.process_time()
for page in pages:
    trafilatura.extract(page, include_links=True)
print(len(pages) / (time.process_time() - start))
