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
        string folder = StoriesModel.Folder;
        var vocabulary = StoriesModel.Tokens();
        int bos = StoriesModel.BosId;
        JsonNode plain = JsonNode.Parse(RlhfProgram.Run("tokenize", "--model", folder, "--text", "Once upon", "--json").Text)!;
        int[] ids = plain["ids"].Deserialize<int[]>()!;
        Assert.DoesNotContain(bos, ids);
        Assert.Equal(ids.Select(id => vocabulary[id]), plain["tokens"].Deserialize<string[]>());
        int[] special = [bos, .. ids];
        Assert.Equal(
            string.Concat(special.Select(id => $"{id}\t{vocabulary[id]}\n")),
            RlhfProgram.Run("tokenize", "--model", folder, "--text", "Once upon", "--special").Text);
        string all = string.Join(',', special);
        Assert.Equal("Once upon\n", RlhfProgram.Run("tokenize", "--model", folder, "--ids", all).Text);
        string shown = RlhfProgram.Run("tokenize", "--model", folder, "--ids", all, "--special").Text;
        Assert.StartsWith(vocabulary[bos], shown, StringComparison.Ordinal);
        Assert.EndsWith("Once upon\n", shown, StringComparison.Ordinal);
        // Text is text: no file of further arguments, no option.
        foreach (string text in new[] { "@nowhere", "--json", "-n", "[suggest]" })
        {
            JsonNode answer = JsonNode.Parse(RlhfProgram.Run("tokenize", "--model", folder, "--text=" + text, "--json").Text)!;
            string list = answer["ids"]!.ToJsonString().Trim('[', ']');
            Assert.Equal(text + "\n", RlhfProgram.Run("tokenize", "--model", folder, "--ids", list).Text);
        }
        string beyond = $"{StoriesModel.VocabSize}";
        Assert.Contains(beyond, RlhfProgram.Refused("tokenize", "--model", folder, "--ids", $"{bos},{beyond}"), StringComparison.Ordinal);
    }
}
