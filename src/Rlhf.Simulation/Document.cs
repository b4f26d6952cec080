namespace Rlhf.Simulation;

/// <summary>A text of the corpus: what is asked and what is answered. The model reads both joined, then the end of text.</summary>
public sealed record Document(string Prompt, string Completion)
{
    public string Text => Prompt + Completion;
}
