using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>Log-probabilities of one text under a policy.</summary>
/// <param name="LogProbs">
/// n − 1 numbers: natural log-probability of each token after the first, given the tokens before it, at temperature 1
/// </param>
/// <param name="LastLogits">[vocabulary]: the logits after the last token</param>
public sealed record TextScore(float[] LogProbs, float[] LastLogits);

/// <summary>
/// Scores given token ids, without gradients. Logits are computed only where a token is predicted, a bounded number at a time.
/// </summary>
public static class Scoring
{
    /// <summary>
    /// Maximum logits in memory (64 MB in fp32). All logits of [64, 128] tokens with a vocabulary of 32,000 would be 1 GB.
    /// </summary>
    private const long MaxLogits = 1L << 24;

    /// <summary>Log-probabilities and last logits of a text.</summary>
    /// <exception cref="UserError">
    /// There are no ids, an id is outside of the vocabulary, there are more ids than positions, or the result is not finite.
    /// </exception>
    public static TextScore Score(CausalLm model, int[] ids)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var row = Row(ids, model.Config, model.Device);
        var hidden = model.Decoder.HiddenStates(row, null).squeeze(0);
        int predicted = ids.Length - 1;
        float[] logProbs = predicted == 0
            ? [] : Floats(TokenLogProbs(model, hidden.narrow(0, 0, predicted), row.select(0, 0).narrow(0, 1, predicted)));
        float[] last = Floats(model.LmHead(hidden.narrow(0, predicted, 1)));
        if (!Array.TrueForAll(logProbs, float.IsFinite) || !Array.TrueForAll(last, float.IsFinite))
            throw NotANumber(model.Config, "logits");
        return new TextScore(logProbs, last);
    }

    /// <summary>The raw score of a reward model: the output of its head at the last token.</summary>
    /// <inheritdoc cref="Score(CausalLm, int[])"/>
    public static float Score(ScalarModel model, int[] ids)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        float score = Floats(model.Scores(Row(ids, model.Config, model.Device), null))[0];
        return float.IsFinite(score) ? score : throw NotANumber(model.Config, "score");
    }

    /// <summary>log π of each token of each completion after its prompt, in one forward pass.</summary>
    /// <param name="model">the policy</param>
    /// <param name="prompts">token ids, at least one each</param>
    /// <param name="completions">token ids of the completion of each prompt</param>
    /// <param name="temperature">the logits are divided by it</param>
    /// <returns>one array per completion, one number per token</returns>
    /// <exception cref="UserError">A row has more tokens than the model has positions, or a result is not finite.</exception>
    public static float[][] CompletionLogProbs(
        CausalLm model, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]> completions, double temperature = 1)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var (ids, _) = TokenRows.PadRight(
            [.. prompts.Zip(completions, (p, c) => (int[])[.. p, .. c])], model.Config.PaddingId, model.Device);
        int width = (int)ids.shape[1];
        // The hidden state that predicts a token is one position before it.
        long[] positions = [.. completions.SelectMany((completion, row) =>
            Enumerable.Range(prompts[row].Length - 1, completion.Length).Select(i => (long)row * width + i))];
        if (positions.Length == 0)
            return [.. completions.Select(_ => Array.Empty<float>())];
        long[] targets = [.. completions.SelectMany(c => c.Select(id => (long)id))];
        // Padding is on the right, which causal attention never reads: no mask is needed.
        var hidden = model.Decoder.HiddenStates(ids, null).flatten(0, 1).index_select(0, tensor(positions, device: model.Device));
        float[] all = Floats(TokenLogProbs(model, hidden, tensor(targets, device: model.Device), temperature));
        if (!Array.TrueForAll(all, float.IsFinite))
            throw NotANumber(model.Config, "logits");
        int next = 0;
        return [.. completions.Select(c => all[next..(next += c.Length)])];
    }

    /// <summary>log softmax(logits / temperature) at given tokens, from the hidden states that predict them. No gradients.</summary>
    /// <param name="model">the model whose output layer is used</param>
    /// <param name="hidden">[tokens, width], hidden states of the decoder</param>
    /// <param name="targets">[tokens], int64</param>
    /// <param name="temperature">the logits are divided by it</param>
    /// <param name="maxLogits">maximum logits in memory at a time</param>
    /// <returns>[tokens], fp32</returns>
    public static Tensor TokenLogProbs(CausalLm model, Tensor hidden, Tensor targets, double temperature = 1, long maxLogits = MaxLogits)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        long total = hidden.shape[0], part = Math.Max(1, maxLogits / model.Config.VocabSize);
        List<Tensor> parts = [];
        for (long start = 0; start < total; start += part)
        {
            using var partScope = NewDisposeScope();
            long count = Math.Min(part, total - start);
            var logits = model.LmHead(hidden.narrow(0, start, count)).to(ScalarType.Float32);
            if (temperature != 1)
                logits = logits.div(Number(temperature));
            parts.Add(logits.log_softmax(-1).gather(1, targets.narrow(0, start, count).unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope());
        }
        return cat(parts).MoveToOuterDisposeScope();
    }

    private static Tensor Row(int[] ids, ModelConfig config, Device device)
    {
        if (ids.Length == 0)
            throw new UserError("a text must have at least one token to be scored");
        TokenRows.CheckVocabulary(ids, config);
        return tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length], device: device);
    }

    private static float[] Floats(Tensor values) => values.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();

    private static UserError NotANumber(ModelConfig config, string what) =>
        new($"{config.DisplayName}: its {what} are NaN or infinite: the weights are damaged, or too large for the number format they "
            + "are loaded in");
}
