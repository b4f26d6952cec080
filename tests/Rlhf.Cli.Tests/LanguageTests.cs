using System.Text.Json.Nodes;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>The same numbers in and out on a machine that writes 0,7 for 0.7.</summary>
public sealed class LanguageTests
{
    /// <summary>German, and with the tables of languages that this program otherwise leaves out.</summary>
    private static readonly Dictionary<string, string> German = new()
    {
        ["LC_ALL"] = "de_DE.UTF-8",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "0",
    };

    private static string Stories => StoriesModel.Folder;

    [Theory]
    [InlineData("score", "--text", "Once upon a time")]
    [InlineData("score", "--text", "Once upon a time", "--json")]
    [InlineData("sample", "--prompt", "Once", "--temperature", "0.7", "--top-p", "0.9", "--max-new-tokens", "8", "--json")]
    [InlineData("sample", "--help")]
    [InlineData("ppo", "--help")]
    public void A_language_changes_nothing(string verb, params string[] rest)
    {
        string[] arguments = rest.Contains("--help") ? [verb, .. rest] : [verb, "--model", Stories, .. rest];
        Answer german = Run(arguments);
        Assert.Equal((0, ""), (german.ExitCode, german.Error));
        Assert.Equal(RlhfProgram.Run(arguments).Text, german.Text);
    }

    [Fact]
    public void A_temperature_is_what_it_says()
    {
        // Near 0 the most probable token comes; ten times as much, as a point that is lost would make it, gives nonsense.
        string[] arguments = ["sample", "--model", Stories, "--prompt", "Once", "--max-new-tokens", "12", "--json"];
        string Ids(params string[] more) => JsonNode.Parse(Run([.. arguments, .. more]).Text)!["completions"]![0]!["ids"]!.ToJsonString();
        Assert.Equal(Ids("--greedy"), Ids("--temperature", "0.001"));
    }

    [Theory]
    [InlineData("--temperature", "0,7")]
    [InlineData("--temperature", "1,000")]
    [InlineData("--temperature", "0x1")]
    [InlineData("--temperature", "1e999")]
    [InlineData("--top-p", "0,1")]
    [InlineData("--top-k", "1,000")]
    [InlineData("--max-new-tokens", "1.000")]
    [InlineData("--seed", "1,5")]
    [InlineData("--seed", "-1")]
    [InlineData("-n", "1 000")]
    public void Other_spellings_are_refused(string option, string value)
    {
        string[] arguments = ["sample", "--model", Stories, "--prompt", "a", option, value];
        Assert.Contains($"got '{value}'", RlhfProgram.Refused(arguments), StringComparison.Ordinal);
        Assert.Equal(2, Run(arguments).ExitCode);
    }

    [Fact]
    public void Options_of_stages_and_results_of_runs_too()
    {
        using var place = new TemporaryFolder();
        Assert.Contains("got '0,1'", RlhfProgram.Refused("ppo", "--home", place["home"], "--set", "learningRate=0,1"),
            StringComparison.Ordinal);
        File.WriteAllText(place["collect.yaml"], "heldOut: 0,5\n");
        Assert.Contains("collect.yaml:1: collect.heldOut must be a number; got '0,5'",
            RlhfProgram.Refused("collect", "--home", place["home"], "--config", place["collect.yaml"]), StringComparison.Ordinal);
        File.WriteAllText(place["lines.jsonl"], """{"prompt": "The lamp.", "completion": " It is good."}""" + "\n");
        string[] arguments = ["gold", "--reward", "reviews", "--file", place["lines.jsonl"]];
        Assert.Equal(RlhfProgram.Run(arguments).Text, Run(arguments).Text);
    }

    private static Answer Run(string[] arguments)
    {
        Answer answer = RlhfProgram.Run(arguments, German);
        if (answer.Error.Contains("ICU", StringComparison.Ordinal))
            Assert.Skip("SKIPPED: no ICU on this machine, so that .NET knows no language but the invariant one (on Debian: libicu72)");
        return answer;
    }
}
