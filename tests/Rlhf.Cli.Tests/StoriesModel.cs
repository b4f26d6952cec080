using System.Text.Json.Nodes;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>The small policy of the reference data that tells stories, with what its own files say of it.</summary>
internal static class StoriesModel
{
    public static string Folder => SharedData.Require("data/stories260k");

    public static int BosId => Read("config.json")["bos_token_id"]!.GetValue<int>();

    public static int VocabSize => Read("config.json")["vocab_size"]!.GetValue<int>();

    /// <summary>The token of each id, as tokenizer.json has it.</summary>
    public static IReadOnlyDictionary<int, string> Tokens()
    {
        JsonNode tokenizer = Read("tokenizer.json");
        var tokens = tokenizer["model"]!["vocab"]!.AsObject().ToDictionary(token => token.Value!.GetValue<int>(), token => token.Key);
        foreach (var added in tokenizer["added_tokens"]!.AsArray())
            tokens[added!["id"]!.GetValue<int>()] = added["content"]!.GetValue<string>();
        return tokens;
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;
}
