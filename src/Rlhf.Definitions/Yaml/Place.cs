namespace Rlhf.Definitions.Yaml;

/// <summary>Where something was written: a line of a file, or an override on the command line (line 0).</summary>
public readonly record struct Place(string Source, int Line = 0)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}" : Source;
}
