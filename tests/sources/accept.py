"""`python -m tests.sources.accept [source]`: write what each sample becomes, to be read by you."""

import json
import sys

from tests.sources.door import samples


def main():
    for sample in samples(*sys.argv[1:]):
        text = json.dumps(sample.events(), indent=2, ensure_ascii=False)
        sample.out_path.write_text(text + "\n")


if __name__ == "__main__":
    main()
