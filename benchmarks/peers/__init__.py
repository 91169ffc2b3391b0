"""The same workloads in other tools, each written as its users would write it for speed."""
