using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>The special tokens that are added before and after a text.</summary>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private const int DeepestNesting = 32;

    public static PostProcessor None { get; } = new([], []);

    /// <summary>Reads the post-processor of a tokenizer.json. Templates for pairs of texts are ignored.</summary>
    public static PostProcessor Read(JsonPlace? place, int depth = 0)
    {
        if (place is not { } processor)
            return None;
        if (depth > DeepestNesting)
            throw new UserError($"{processor.Path} is nested too deeply");
        string type = processor.Text("type");
        return type switch
        {
            "ByteLevel" => None,
            "TemplateProcessing" => Template(processor),
            "RobertaProcessing" or "BertProcessing" => new([Pair(processor, "cls")], [Pair(processor, "sep")]),
            "Sequence" => processor.Require("processors").Items().Select(inner => Read(inner, depth + 1))
                .Aggregate(None, (inner, outer) => new([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After])),
            _ => throw new UserError($"{processor.Path}: post-processors of type {JsonPlace.DisplayText(type)} are not supported; "
                + "TemplateProcessing, "
                + "RobertaProcessing, BertProcessing, ByteLevel and Sequence are"),
        };
    }

    private static PostProcessor Template(JsonPlace processor)
    {
        List<int> before = [], after = [];
        bool seen = false;
        foreach (JsonPlace part in processor.Require("single").Items())
        {
            if (part.Find("Sequence") is { } sequence)
            {
                if (seen || sequence.Text("id") != "A")
                    throw sequence.Wrong("the sequence A, once");
                seen = true;
                continue;
            }
            string name = part.Require("SpecialToken").Text("id");
            var ids = processor.Require("special_tokens").Require(name).Require("ids").Items().Select(id => id.AsCount());
            (seen ? after : before).AddRange(ids);
        }
        return seen ? new(before, after) : throw processor.Require("single").Wrong("a list with the sequence A in it");
    }

    private static int Pair(JsonPlace processor, string name)
    {
        JsonPlace[] pair = [.. processor.Require(name).Items()];
        return pair.Length == 2 ? pair[1].AsCount() : throw processor.Require(name).Wrong("a token and its id");
    }
}
