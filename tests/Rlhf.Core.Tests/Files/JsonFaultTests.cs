using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Files;

namespace Rlhf.Core.Tests.Files;

public sealed class JsonFaultTests
{
    private static readonly JsonSerializerOptions Settings = new(JsonSerializerOptions.Default)
    {
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private enum Shade
    {
        White,
        LightGray,
    }

    private sealed record Part(int[] Ids)
    {
        public string Text { get; init; } = "";
    }

    private sealed record Line(
        [property: JsonRequired] string Prompt,
        [property: JsonRequired] string Completion,
        int Count = 0,
        [property: Range(1, int.MaxValue)] IReadOnlyList<int>? Ranks = null,
        double Weight = 1,
        bool Known = false,
        Guid? Id = null,
        Shade Shade = default,
        IReadOnlyList<Part>? Parts = null,
        IReadOnlyDictionary<string, double>? Values = null);

    [Theory]
    [InlineData("{\"Prompt\": \"a\"}", "'Completion' is missing")]
    [InlineData("{}", "'Prompt', 'Completion' is missing")]
    [InlineData("[1]", "the value must be an object; got [1]")]
    [InlineData("null and more", "not valid JSON at position 6: ")]
    [InlineData("plain text", "not valid JSON at position 1: 'p' is an invalid start of a value")]
    [InlineData("{\"Prompt\": \"a\"", "not valid JSON at position 15: ")]
    [InlineData("{\n \"Prompt\": a}", "not valid JSON on line 2 at position 12: ")]
    [InlineData("{\"Prompt\": \"a\",}", "not valid JSON at position 16: ")]
    [InlineData("", "not valid JSON at position 1: ")]
    public void Faults_of_the_text_are_told_without_words_of_the_parser(string json, string message) =>
        Assert.StartsWith(message, Fault(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("Prompt", "3", "Prompt must be a text; got 3")]
    [InlineData("Prompt", "null", "Prompt must be a text; got null")]
    [InlineData("Count", "\"many\"", "Count must be a whole number; got \"many\"")]
    [InlineData("Count", "3000000000", "Count must be a whole number, at most 2147483647; got 3000000000")]
    [InlineData("Ranks", "[1.5]", "Ranks[0] must be a whole number of 1 or more; got 1.5")]
    [InlineData("Ranks", "[1, \"1\"]", "Ranks[1] must be a whole number of 1 or more; got \"1\"")]
    [InlineData("Ranks", "[3000000000000]", "Ranks[0] must be a whole number of 1 or more, at most 2147483647; got 3000000000000")]
    [InlineData("Ranks", "[null]", "Ranks[0] must be a whole number of 1 or more; got null")]
    [InlineData("Ranks", "5", "Ranks must be a list; got 5")]
    [InlineData("Weight", "\"x\"", "Weight must be a number; got \"x\"")]
    [InlineData("Known", "\"yes\"", "Known must be true or false; got \"yes\"")]
    [InlineData("Id", "\"7\"", "Id must be an id such as ")]
    [InlineData("Shade", "\"red\"", "Shade must be white|lightGray; got \"red\"")]
    [InlineData("Parts", "[{\"Ids\": [1, true]}]", "Parts[0].Ids[1] must be a whole number; got true")]
    [InlineData("Parts", "[7]", "Parts[0] must be an object; got 7")]
    [InlineData("Parts", "[{\"Ids\": null}]", "Parts[0].Ids must be a list; got null")]
    [InlineData("Parts", "[{\"Ids\": [], \"Text\": null}]", "Parts[0].Text must be a text; got null")]
    [InlineData("Values", "{\"a b.c\": \"x\"}", "['a b.c'] must be a number; got \"x\"")]
    [InlineData("Other", "1", "unknown field 'Other'")]
    public void A_value_of_another_kind_is_shown_with_its_place_and_what_must_be_there(string name, string value, string message) =>
        Assert.Contains(message, Fault($$"""{"Prompt": "a", "Completion": "b", "{{name}}": {{value}}}"""), StringComparison.Ordinal);

    private static string Fault(string json)
    {
        var exception = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Line>(json, Settings));
        string fault = JsonFault.Describe(exception, json, Settings.GetTypeInfo(typeof(Line)));
        string[] foreign =
            ["System.", "Rlhf.", "LineNumber", "BytePosition", "Path:", "constructor", "reader options", "isFinalBlock", "NET"];
        Assert.All(foreign, word => Assert.DoesNotContain(word, fault, StringComparison.Ordinal));
        return fault;
    }
}
