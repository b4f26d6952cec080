using System.Globalization;
using Rlhf.Core;

namespace Rlhf.Definitions.Yaml;

/// <summary>One <c>--set key=value</c> of the command line.</summary>
public sealed record Override(IReadOnlyList<string> Path, YamlNode Value)
{
    public Place Place => new("--set " + string.Join('.', Path));

    /// <summary>
    /// Reads "ppo.updates=10". The value is a plain text up to the end, unless it starts as a YAML list, section or quoted text.
    /// </summary>
    public static Override Parse(string text)
    {
        int equals = text.IndexOf('=');
        string key = equals < 0 ? text : text[..equals].Trim();
        string[] path = key.Split('.');
        if (equals < 0 || path.Any(string.IsNullOrWhiteSpace))
            throw new UserError($"--set {OneLine.Quote(text)}: expected key=value, such as --set ppo.updates=10");
        string value = text[(equals + 1)..].Trim();
        var place = new Place("--set " + OneLine.Quote(key));
        bool structured = value.Length > 0 && value[0] is '[' or '{' or '"' or '\'';
        return new Override(path,
            structured ? YamlReader.Read(value, place.Source, lines: false) : new YamlScalar(place, value, plain: true));
    }

    /// <summary>Puts the value into a tree, making the sections on the way; a number in the path is an index into a list.</summary>
    public void ApplyTo(YamlMapping root) => ApplyTo(root, 0);

    /// <summary>The same from the <paramref name="start"/>-th name of the path on.</summary>
    public void ApplyTo(YamlMapping root, int start)
    {
        YamlNode node = root;
        for (int i = start; i < Path.Count; i++)
        {
            string name = Path[i];
            bool last = i == Path.Count - 1;
            node = node switch
            {
                YamlMapping mapping => InMapping(mapping, name, last),
                YamlSequence sequence => InSequence(sequence, name, i, last),
                _ => throw new UserError($"{Place}: '{string.Join('.', Path.Take(i))}' is a single value and has no key "
                    + $"'{OneLine.Quote(name)}'"),
            };
        }
    }

    private YamlNode InMapping(YamlMapping mapping, string name, bool last)
    {
        var found = mapping.Find(name);
        if (!last && found is { Value: not YamlScalar { IsNull: true } })
            return found.Value;
        var value = last ? Value : new YamlMapping(Place, []);
        mapping.Set(new YamlEntry(Place, name, value));
        return value;
    }

    private YamlNode InSequence(YamlSequence sequence, string name, int depth, bool last)
    {
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= sequence.Items.Count)
            throw new UserError($"{Place}: '{string.Join('.', Path.Take(depth))}' is a list of {sequence.Items.Count} items; "
                + $"'{OneLine.Quote(name)}' is not an index into it (the first is 0)");
        if (last)
            sequence.Items[index] = Value;
        return sequence.Items[index];
    }
}
