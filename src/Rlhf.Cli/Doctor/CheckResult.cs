namespace Rlhf.Cli.Doctor;

/// <summary>How a finding is to be taken.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but worth knowing.</summary>
    Note,

    /// <summary>Something will fail.</summary>
    Bad,
}

/// <summary>What was checked, the verdict, and how to fix it.</summary>
internal sealed record CheckResult(string Subject, Verdict Verdict, string Text)
{
    public static string Gibibytes(long bytes) => $"{bytes / (double)(1L << 30):F1} GiB";
}
