// Two OpenMP teams on the same cores slow each other tenfold: one test at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
