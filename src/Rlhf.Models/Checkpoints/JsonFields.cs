using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>Typed fields of a JSON object; an explicit null counts as absent, as transformers writes it often.</summary>
internal readonly struct JsonFields(JsonObject json, string place)
{
    /// <summary>A size: a whole number from 1 to 2²⁷, far above any model's and far below what overflows.</summary>
    public int Size(string name, int? fallback = null, string? alias = null) => (int)Whole(name, 1, 1 << 27, fallback, alias);

    public long Whole(string name, long least, long most, long? fallback = null, string? alias = null)
    {
        if (Value(name, alias) is not { } value)
            return fallback ?? throw new UserError($"{place}: \"{name}\" is missing");
        return TryWhole(value, out long number) && number >= least && number <= most
            ? number
            : throw Wrong(name, $"a whole number from {least} to {most}", value);
    }

    /// <summary>A field that is there, and not an explicit null.</summary>
    public bool Has(string name) => Value(name) is not null;

    /// <summary>A positive number that must be there.</summary>
    public double Number(string name) => Has(name) ? Number(name, 1) : throw new UserError($"{place}: \"{name}\" is missing");

    public double Number(string name, double fallback, bool positive = true)
    {
        if (Value(name) is not { } value)
            return fallback;
        return value.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue(out double number) && double.IsFinite(number)
            && (!positive || number > 0)
            ? number
            : throw Wrong(name, positive ? "a positive number" : "a number", value);
    }

    public bool Flag(string name, bool fallback) => Value(name) switch
    {
        null => fallback,
        { } value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        { } value => throw Wrong(name, "true or false", value),
    };

    public string? Text(string name, string? alias = null) => Value(name, alias) switch
    {
        null => null,
        { } value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        { } value => throw Wrong(name, "a text", value),
    };

    public JsonObject? Object(string name) => Value(name) switch
    {
        null => null,
        JsonObject value => value,
        { } value => throw Wrong(name, "an object", value),
    };

    public JsonArray? Array(string name) => Value(name) switch
    {
        null => null,
        JsonArray value => value,
        { } value => throw Wrong(name, "a list", value),
    };

    /// <summary>One id or a list of ids, each in int's range; negative ones (older configs' "none") are left out.</summary>
    public IReadOnlyList<int> Ids(string name)
    {
        if (Value(name) is not { } value)
            return [];
        List<int> ids = [];
        foreach (var item in value is JsonArray list ? list.ToArray() : [value])
        {
            if (item is null || !TryWhole(item, out long id) || id < int.MinValue || id > int.MaxValue)
                throw Wrong(name, "a token id or a list of them", value);
            if (id >= 0)
                ids.Add((int)id);
        }
        return ids;
    }

    private JsonNode? Value(string name, string? alias = null) => json[name] ?? (alias is null ? null : json[alias]);

    private static bool TryWhole(JsonNode node, out long number)
    {
        number = 0;
        if (node.GetValueKind() != JsonValueKind.Number)
            return false;
        // A node made here from an int, rather than read from a file, gives itself as nothing else.
        if (node.AsValue().TryGetValue(out int small))
        {
            number = small;
            return true;
        }
        return node.AsValue().TryGetValue(out number);
    }

    private UserError Wrong(string name, string wanted, JsonNode value)
    {
        return new UserError($"{place}: \"{name}\" must be {wanted}, not {DisplayText.Text(value.ToJsonString())}");
    }
}
