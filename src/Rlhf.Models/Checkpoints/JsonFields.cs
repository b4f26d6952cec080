using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>Typed fields of a JSON object. An explicit null counts as absent, because transformers often writes it.</summary>
internal readonly struct JsonFields(JsonObject json, string place)
{
    /// <summary>A size: an integer from 1 to 2²⁷, which is far above any real model's and cannot overflow products of two sizes.</summary>
    public int Size(string name, int? fallback = null, string? alias = null) => (int)Whole(name, 1, 1 << 27, fallback, alias);

    public long Whole(string name, long least, long most, long? fallback = null, string? alias = null)
    {
        if (Value(name, alias) is not { } value)
            return fallback ?? throw new UserError($"{place}: \"{name}\" is missing");
        return TryWhole(value, out long number) && number >= least && number <= most
            ? number
            : throw Wrong(name, $"an integer from {least} to {most}", value);
    }

    /// <summary>Whether the field is present and not null.</summary>
    public bool Has(string name) => Value(name) is not null;

    /// <summary>A required positive number.</summary>
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

    /// <summary>One id or a list of ids, each in the range of int. Negative ids, which mean "none" in older configs, are skipped.</summary>
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
        // A node created from an int, rather than parsed from a file, converts to int only.
        if (node.AsValue().TryGetValue(out int small))
        {
            number = small;
            return true;
        }
        return node.AsValue().TryGetValue(out number);
    }

    private UserError Wrong(string name, string wanted, JsonNode value)
    {
        return new UserError($"{place}: \"{name}\" must be {wanted}; got {DisplayText.Text(value.ToJsonString())}");
    }
}
