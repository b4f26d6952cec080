using Rlhf.Core;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>What a policy says of one text.</summary>
/// <param name="LogProbs">n − 1 numbers: natural-log probability of each token after the first, given those before it, at temperature 1</param>
/// <param name="LastLogits">one number a token of the vocabulary: the logits after the last token</param>
public sealed record TextScore(float[] LogProbs, float[] LastLogits);

/// <summary>Scores of one text at a time.</summary>
public static class Scoring
{
    // Logits of a long text and a large vocabulary are made in parts: [512, 128k] in fp32 are 256 MB.
    private const int Part = 512;

    /// <summary>Log-probabilities and last logits of a text.</summary>
    /// <exception cref="UserError">No ids, an id outside of the vocabulary, or more than the model has positions.</exception>
    public static TextScore Score(CausalLm model, int[] ids)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var row = Row(ids, model.Config, model.Device);
        var hidden = model.Decoder.HiddenStates(row, null).squeeze(0);
        float[] logprobs = new float[ids.Length - 1];
        for (int start = 0; start < logprobs.Length; start += Part)
        {
            using var partScope = NewDisposeScope();
            int count = Math.Min(Part, logprobs.Length - start);
            var logits = model.LogitsOf(hidden.narrow(0, start, count)).to(ScalarType.Float32);
            var next = row.select(0, 0).narrow(0, start + 1, count).unsqueeze(1);
            logits.log_softmax(-1).gather(1, next).cpu().data<float>().ToArray().CopyTo(logprobs, start);
        }
        return new TextScore(logprobs, Floats(model.LogitsOf(hidden.narrow(0, ids.Length - 1, 1))));
    }

    /// <summary>The raw output of a reward model's head at the last token of a text.</summary>
    /// <inheritdoc cref="Score(CausalLm, int[])"/>
    public static float Score(ScalarModel model, int[] ids)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        return Floats(model.Scores(Row(ids, model.Config, model.Device), null))[0];
    }

    private static Tensor Row(int[] ids, Checkpoints.ModelConfig config, Device device)
    {
        if (ids.Length == 0)
            throw new UserError("a text must have at least one token to be scored");
        TokenRows.CheckVocabulary(ids, config);
        return tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length], device: device);
    }

    private static float[] Floats(Tensor values) => values.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}
