using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core.Files;

namespace Rlhf.Core.Tests.Files;

public sealed class JsonFaultTests
{
    private sealed record Line([property: JsonRequired] string Prompt, [property: JsonRequired] string Completion, int Count = 0);

    [Theory]
    [InlineData("{\"Prompt\": \"a\"}", "'Completion' is missing")]
    [InlineData("{}", "'Prompt', 'Completion' is missing")]
    [InlineData("{\"Prompt\": 3, \"Completion\": \"b\"}", "'Prompt' has a value of the wrong kind")]
    [InlineData("{\"Prompt\": \"a\", \"Completion\": \"b\", \"Count\": \"many\"}", "'Count' has a value of the wrong kind")]
    [InlineData("[1]", "the value is of the wrong kind")]
    [InlineData("plain text", "not JSON at position 1: 'p' is an invalid start of a value")]
    [InlineData("{\"Prompt\": \"a\"", "not JSON at position 15: ")]
    public void Faults_are_told_without_the_names_of_types(string json, string message)
    {
        string fault = JsonFault.Describe(Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Line>(json)));
        Assert.StartsWith(message, fault, StringComparison.Ordinal);
        foreach (string foreign in new[] { "System.", "Rlhf.", "LineNumber", "BytePosition", "Path:" })
            Assert.DoesNotContain(foreign, fault, StringComparison.Ordinal);
    }
}
