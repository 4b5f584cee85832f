"""The platform's speed against baselines measured in the same run. Only the ratios mean anything on another machine.

`harness` measures in interleaved rounds, `catalogue` lists what is measured; every benchmark is a module with one function
`measure(rounds)`, run in a process and a database of its own by `one`. `python -m benchmarks` runs them and prints the table.
"""
