namespace Rlhf.Cli.Output;

/// <summary>The command line of this process as the report shows it: what makes the same result again.</summary>
internal static class ReproduceCommand
{
    /// <summary>Options with a value that say where the work is done, not what: and a bus address may hold a password.</summary>
    private static readonly string[] Where = ["--bus", "--home"];

    private static readonly string[] Manner = ["--json", "--no-serve"];

    public static string Text() => Format(Environment.GetCommandLineArgs().Skip(1));

    public static string Format(IEnumerable<string> arguments)
    {
        var shown = new List<string> { "rlhf" };
        bool skipValue = false;
        foreach (string argument in arguments)
        {
            if (skipValue)
                skipValue = false;
            else if (Where.Contains(argument))
                skipValue = true;
            else if (!Manner.Contains(argument)
                && !Where.Any(name => argument.StartsWith(name + "=", StringComparison.Ordinal)
                    || argument.StartsWith(name + ":", StringComparison.Ordinal)))
                shown.Add(Quote(argument));
        }
        return string.Join(' ', shown);
    }

    /// <summary>As a POSIX shell takes it.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+@%".Contains(c))
            ? argument
            : $"'{argument.Replace("'", "'\\''")}'";
}
