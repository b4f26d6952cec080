using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class TokenizeVerbTests
{
    [Fact]
    public void A_file_gives_every_id_and_the_ids_give_the_file()
    {
        string folder = SharedData.Require("data/gpt2-tokenizer");
        string sample = Path.Combine(folder, "sample.txt");
        Answer encoded = RlhfProgram.Run("tokenize", "--model", folder, "--file", sample, "--json");
        Assert.Equal((0, ""), (encoded.ExitCode, encoded.Error));
        JsonNode answer = JsonNode.Parse(encoded.Text)!;
        int[] ids = answer["ids"].Deserialize<int[]>()!;
        Assert.Equal(JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(folder, "sample.ids.json"))), ids);
        Assert.Equal(ids.Length, answer["tokens"]!.AsArray().Count);
        Answer decoded = RlhfProgram.Run("tokenize", "--model", folder, "--ids", string.Join(',', ids), "--json");
        Assert.Equal(File.ReadAllText(sample), JsonNode.Parse(decoded.Text)!["text"]!.GetValue<string>());
    }

    [Fact]
    public void Special_tokens_come_when_asked_for()
    {
        string folder = SharedData.Require("data/stories260k");
        Assert.Equal("""{"ids":[403,407],"tokens":["▁Once","▁upon"]}""" + "\n", RlhfProgram.Run("tokenize", "--model", folder, "--text", "Once upon", "--json").Text);
        Assert.Equal("1\t<s>\n403\t▁Once\n407\t▁upon\n", RlhfProgram.Run("tokenize", "--model", folder, "--text", "Once upon", "--special").Text);
        Assert.Equal("Once upon\n", RlhfProgram.Run("tokenize", "--model", folder, "--ids", "1,403,407").Text);
        Assert.Equal("<s> Once upon\n", RlhfProgram.Run("tokenize", "--model", folder, "--ids", "1,403,407", "--special").Text);
        // Text is text: no file of further arguments, no option.
        foreach (string text in new[] { "@nowhere", "--json", "-n", "[suggest]" })
        {
            string ids = JsonNode.Parse(RlhfProgram.Run("tokenize", "--model", folder, "--text=" + text, "--json").Text)!["ids"]!.ToJsonString().Trim('[', ']');
            Assert.Equal(text + "\n", RlhfProgram.Run("tokenize", "--model", folder, "--ids", ids).Text);
        }
        Assert.Contains("512", RlhfProgram.Refused("tokenize", "--model", folder, "--ids", "1,512"), StringComparison.Ordinal);
    }
}
