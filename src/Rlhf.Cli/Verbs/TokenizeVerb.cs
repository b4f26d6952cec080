using System.CommandLine;
using Rlhf.Cli.Parsing;
using Rlhf.Core.Files;
using Rlhf.Models.Tokenization;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf tokenize</c>: text to ids, and back.</summary>
internal static class TokenizeVerb
{
    public static Command Create()
    {
        var model = InputOptions.Model();
        var text = new Option<string?>("--text") { Description = "The text.", HelpName = "TEXT" };
        var file = new Option<string?>("--file") { Description = "A file, read byte for byte.", HelpName = "FILE" };
        var ids = InputOptions.Ids("Ids to turn back into text.");
        var special = new Option<bool>("--special")
        {
            Description = "Adds the tokenizer's special tokens to a text; with --ids, keeps special tokens in the text.",
        };
        var json = InputOptions.Json();
        var command = new Command("tokenize", "Converts text to a model's token ids, or ids to text.")
        {
            model, text, file, ids, special, json,
        };
        command.SetAction(parse =>
        {
            InputOptions.RequireOne(parse, text, file, ids);
            Tokenizer tokenizer = Tokenizer.Load(parse.GetRequiredValue(model));
            bool withSpecial = parse.GetValue(special);
            if (parse.GetValue(ids) is { } list)
                PrintText(tokenizer, InputOptions.ParseIds(list), withSpecial, parse.GetValue(json));
            else
                PrintIds(parse.GetValue(file) is { } path
                    ? tokenizer.EncodeWithTokens(Read(path), withSpecial)
                    : tokenizer.EncodeWithTokens(parse.GetValue(text)!, withSpecial), parse.GetValue(json));
            return CommandLine.Success;
        });
        return command;
    }

    private static void PrintText(Tokenizer tokenizer, int[] ids, bool withSpecial, bool json)
    {
        foreach (int id in ids)
            tokenizer.IdToToken(id);
        string decoded = tokenizer.Decode(ids, skipSpecialTokens: !withSpecial);
        if (json)
            JsonLine.Write(new { text = decoded });
        else
            Console.Out.WriteLine(decoded);
    }

    private static void PrintIds(EncodedText encoded, bool json)
    {
        if (json)
        {
            JsonLine.Write(new { ids = encoded.Ids, tokens = encoded.Tokens });
            return;
        }
        foreach (var (id, token) in encoded.Ids.Zip(encoded.Tokens))
            Console.Out.WriteLine($"{id}\t{JsonLine.Escaped(token)}");
    }

    private static byte[] Read(string path)
    {
        using var file = RegularFile.OpenRead(path);
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }
}
