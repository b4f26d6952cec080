using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;

namespace Rlhf.Cli.Output;

/// <summary>
/// Prints completions while they are sampled: the first one token by token, the next from its present position when the one before it
/// ends, so that the completions of one batch appear one after another.
/// </summary>
internal sealed class CompletionStream(int[] prompt, int completions, ModelTokenizer tokenizer, TextWriter output)
{
    private readonly List<int>[] _ids = [.. Enumerable.Range(0, completions).Select(_ => new List<int>())];
    private readonly bool[] _ended = new bool[completions];
    private int _current;
    private string _printed = "";

    /// <summary>Takes one token; tokens of one completion come in their order.</summary>
    public void Add(TokenEvent token)
    {
        _ids[token.Request].Add(token.Id);
        _ended[token.Request] = token.Finish is not null;
        if (token.Request != _current)
            return;
        Print();
        while (_current < _ids.Length && _ended[_current])
        {
            output.WriteLine();
            _printed = "";
            _current++;
            if (_current < _ids.Length)
                Print();
        }
    }

    private void Print()
    {
        string text = tokenizer.DecodeCompletion(prompt, _ids[_current]);
        // Bytes of a character that is not whole yet, or a text that a later token changes, wait.
        string sure = _ended[_current] ? text : text.TrimEnd('\uFFFD');
        int common = sure.AsSpan().CommonPrefixLength(_printed);
        if (sure.Length == common || (common < _printed.Length && !_ended[_current]))
            return;
        output.Write(sure[common..]);
        output.Flush();
        _printed = sure;
    }
}
