using CsCheck;
using Rlhf.Training.Sft;

namespace Rlhf.Training.Tests.Sft;

public sealed class SequencesTests
{
    [Fact]
    public void Packing_cuts_the_stream_at_the_length()
    {
        var packed = Sequences.Packed([new([2], [3, 1]), TokenizedText.Document([4, 5, 6, 1])], 4, completionOnly: false);
        Assert.Equal([2, 3, 1, 4], packed[0].Ids);
        Assert.Equal([false, true, true, true], packed[0].IsTarget);
        Assert.Equal([5, 6, 1], packed[1].Ids);
        Assert.Equal([false, true, true], packed[1].IsTarget);
    }

    [Fact]
    public void Only_completions_are_predicted_when_asked()
    {
        Assert.Equal([false, false, true, true], Sequences.OnePerText([new([2, 3], [4, 1])], 8, completionOnly: true)[0].IsTarget);
        Assert.Equal([false, true, true, true], Sequences.OnePerText([new([2, 3], [4, 1])], 8, completionOnly: false)[0].IsTarget);
        Assert.Equal([false, true, false, false, true],
            Sequences.Packed([new([2], [4]), new([5, 6], [1])], 8, completionOnly: true)[0].IsTarget);
    }

    [Fact]
    public void Prompts_lose_their_beginning_and_completions_their_end()
    {
        var (prompt, completion) = Sequences.Truncate([1, 2, 3, 4], [5, 6], 4);
        Assert.Equal([3, 4], prompt);
        Assert.Equal([5, 6], completion);
        (prompt, completion) = Sequences.Truncate([1, 2], [5, 6, 7, 8], 3);
        Assert.Equal([2], prompt);
        Assert.Equal([5, 6], completion);
    }

    [Fact]
    public void A_prompt_that_is_cut_keeps_its_beginning_of_sequence()
    {
        Assert.Equal([9, 4], Sequences.Truncate([9, 1, 2, 3, 4], [5, 6], 4, bosId: 9).Prompt);
        Assert.Equal([3, 4], Sequences.Truncate([8, 1, 2, 3, 4], [5, 6], 4, bosId: 9).Prompt);
        var (prompt, completion) = Sequences.Truncate([9, 1, 2], [5, 6, 7, 8], 3, bosId: 9);
        Assert.Equal([9], prompt);
        Assert.Equal([5, 6], completion);
        Assert.Equal([9, 4, 5, 6], Sequences.OnePerText([new([9, 1, 2, 3, 4], [5, 6])], 4, completionOnly: true, bosId: 9)[0].Ids);
    }

    [Fact]
    public void Packing_loses_no_token() => Gen.Int[2, 9].Array[0, 12].Array[1, 8].Select(Gen.Int[2, 9]).Sample((texts, length) =>
    {
        var packed = Sequences.Packed(texts.Select(TokenizedText.Document), length, completionOnly: false);
        int[] all = [.. texts.SelectMany(t => t)];
        // A single token left over at the end has nothing to predict.
        int[] kept = all.Length % length == 1 ? all[..^1] : all;
        Assert.Equal(kept, packed.SelectMany(s => s.Ids).ToArray());
        Assert.All(packed.SkipLast(1), s => Assert.Equal(length, s.Ids.Length));
        Assert.All(packed, s => Assert.Equal(s.Ids.Length - 1, s.Targets));
    });
}
