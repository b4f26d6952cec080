using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation.Prompts;
using Rlhf.Simulation.Reviews;

namespace Rlhf.Pipeline.Data;

/// <summary>The texts that pretraining and fine-tuning read.</summary>
public static class TextSources
{
    private const string Separator = "<|endoftext|>";
    private const int PtxDocuments = 5000;

    /// <summary>The grammar's documents, or a text file's, separated by lines that hold the end-of-text mark alone.</summary>
    public static IEnumerable<TextLine> ForPretraining(PretrainOptions options) => options.Corpus == PromptSources.Grammar
        ? ReviewGrammar.Documents(options.Seed, options.Documents).Select(d => new TextLine(d.Text))
        : FromTextFile(options.Corpus);

    /// <summary>The text of PPO's language-modeling loss; none where that is off.</summary>
    public static IEnumerable<TextLine> ForPpo(PpoOptions options) => options.PtxCoefficient == 0 ? []
        : options.PtxText == PromptSources.Grammar
        ? ReviewGrammar.Documents(options.Seed, PtxDocuments).Select(d => new TextLine(d.Text))
        : FromTextFile(options.PtxText);

    /// <summary>The grammar's documents, or lines of {prompt, completion}.</summary>
    public static IEnumerable<TextLine> ForFineTuning(SftOptions options) => options.Data == PromptSources.Grammar
        ? ReviewGrammar.Documents(options.Seed, options.Documents).Select(d => new TextLine(d.Completion, d.Prompt))
        : FromJsonLines(options.Data);

    /// <summary>The documents of a text file; blank ones are passed over.</summary>
    private static IEnumerable<TextLine> FromTextFile(string path)
    {
        const string Expected = $"expected \"{PromptSources.Grammar}\", or a text file with documents separated by lines \"{Separator}\"";
        if (!Path.Exists(path))
            throw new UserError($"{path}: no such file; {Expected}");
        if (LineContents.Detect(path, Expected) == LineContent.JsonObjects)
            throw new UserError($"{path}: is JSON Lines; {Expected}");
        return Documents(path);
    }

    private static IEnumerable<TextLine> Documents(string path)
    {
        var lines = new List<string>();
        foreach (string line in TextLines.ReadValid(path).Select(line => line.Text).Append(Separator))
        {
            if (line.Trim() != Separator)
            {
                lines.Add(line);
                continue;
            }
            string document = string.Join('\n', lines).Trim('\n');
            lines.Clear();
            if (document.Length > 0)
                yield return new TextLine(document);
        }
    }

    private static IEnumerable<TextLine> FromJsonLines(string path)
    {
        const string Expected =
            $"expected \"{PromptSources.Grammar}\", or JSON Lines with {{\"prompt\": \"text\", \"completion\": \"text\"}} on each";
        if (!Path.Exists(path))
            throw new UserError($"{path}: no such file; {Expected}");
        return LineContents.Detect(path, Expected) == LineContent.JsonObjects
            ? RunJson.ReadLines<TextLine>(path)
            : throw new UserError($"{path}: its first line is not a JSON object; {Expected}");
    }
}
