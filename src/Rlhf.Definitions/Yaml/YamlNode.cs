namespace Rlhf.Definitions.Yaml;

/// <summary>A node of a YAML document that remembers where it stood.</summary>
public abstract class YamlNode(Place place)
{
    public Place Place { get; } = place;
}

/// <summary>A single value. Only a plain one (without quotes) can mean null, a number or a truth value.</summary>
public sealed class YamlScalar(Place place, string value, bool plain) : YamlNode(place)
{
    public string Value { get; } = value;

    public bool Plain { get; } = plain;

    /// <summary>Nothing was given: an empty plain value, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
public sealed class YamlSequence(Place place, IEnumerable<YamlNode> items) : YamlNode(place)
{
    public List<YamlNode> Items { get; } = [.. items];
}

/// <summary>A key of a mapping, where it stands, and its value.</summary>
public sealed record YamlEntry(Place Place, string Key, YamlNode Value);

/// <summary>Keys and values in the order written. Overrides change it in place.</summary>
public sealed class YamlMapping(Place place, IEnumerable<YamlEntry> entries) : YamlNode(place)
{
    public List<YamlEntry> Entries { get; } = [.. entries];

    public YamlEntry? Find(string key) => Entries.Find(entry => entry.Key == key);

    /// <summary>Puts a value under a key: in the place of the one that is there, or at the end.</summary>
    public void Set(YamlEntry entry)
    {
        int index = Entries.FindIndex(e => e.Key == entry.Key);
        if (index < 0)
            Entries.Add(entry);
        else
            Entries[index] = entry;
    }
}
