using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Tokenization;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>
/// Samples completions in left-padded batches with a key-value cache. Token t of a completion is sampled with
/// <c>stream.Uniform(update, prompt, sample, t)</c>, independent of the batch. Synchronous, because dispose scopes are thread-static.
/// </summary>
/// <param name="policy">the model to sample from</param>
/// <param name="padId">the id for padding on the left of shorter prompts, which is masked</param>
/// <param name="batchSize">maximum completions per batch</param>
public sealed class Sampler(CausalLm policy, int padId, int batchSize)
{
    // Finished rows are removed from the cache once fewer than this share of the rows is unfinished: below that the copy pays off.
    private const double CompactBelow = 0.75;
    private const int FirstRoom = 256;

    // Tokenizers may have a pad token beyond the model's vocabulary.
    private readonly int _paddingId = padId >= 0 && padId < policy.Config.VocabSize ? padId : 0;

    /// <summary>Samples one completion per request, in the order of the requests.</summary>
    /// <param name="requests">prompts and keys of the random numbers</param>
    /// <param name="options">temperature, top-k, top-p and stopping criteria</param>
    /// <param name="stream">the source of random numbers</param>
    /// <param name="tokenizer">required for stop strings</param>
    /// <param name="onToken">called with every token as soon as it is sampled</param>
    /// <exception cref="UserError">
    /// A prompt is empty or too long, an id is outside of the vocabulary, there are stop strings but no tokenizer, the temperature is too
    /// small, or the model's logits are not finite.
    /// </exception>
    public IReadOnlyList<SampledCompletion> Sample(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, RandomStream stream, Tokenizer? tokenizer = null,
        Action<TokenEvent>? onToken = null)
    {
        if (!TokenDraw.IsGreedy(options) && !(options.Temperature >= TokenDraw.MinTemperature))
            throw new UserError($"temperature must be 0 (greedy) or at least {TokenDraw.MinTemperature}; got {options.Temperature}");
        foreach (var request in requests)
            CheckPrompt(request.PromptIds);
        if (options.StopStrings.Any(s => s.Length > 0) && tokenizer is null)
            throw new UserError("stop strings need a tokenizer, and this model's folder has none");
        var stops = tokenizer is not null && options.StopStrings.Where(s => s.Length > 0).ToList() is { Count: > 0 } strings
            ? new StopStrings(strings, tokenizer) : null;
        var done = new SampledCompletion[requests.Count];
        for (int start = 0; start < requests.Count; start += batchSize)
        {
            Row[] rows = [.. requests.Skip(start).Take(batchSize).Select((r, i) => new Row(start + i, r, NewTokens(r, options)))];
            SampleBatch(rows, options, stream, stops, onToken);
            foreach (var row in rows)
                done[row.Index] = new SampledCompletion([.. row.Ids], [.. row.LogProbs], row.Finish!.Value);
        }
        return done;
    }

    private void SampleBatch(Row[] rows, SamplingOptions options, RandomStream stream, StopStrings? stops, Action<TokenEvent>? onToken)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        int longest = rows.Max(r => r.Request.PromptIds.Length);
        using var cache = new KvCache(policy.Config, longest + Math.Min(options.MaxNewTokens, FirstRoom));
        var unused = policy.Config.UnusedIds is { Count: > 0 } ids
            ? tensor(ids.Select(id => (long)id).ToArray(), device: policy.Device) : null;
        var logits = Prefill(rows, longest, cache);
        while (true)
        {
            Draw(rows, logits, unused, options, stream, stops, onToken);
            int open = rows.Count(r => r.Finish is null);
            if (open == 0)
                return;
            if (open <= CompactBelow * rows.Length)
                rows = Compact(rows, cache);
            logits.Dispose();
            logits = DecodeStep(rows, cache);
        }
    }

    /// <summary>The forward pass over the prompts. Each distinct prompt is computed once; its completions share the cache.</summary>
    /// <returns>[rows, vocabulary]: logits of the first new token</returns>
    private Tensor Prefill(Row[] rows, int longest, KvCache cache)
    {
        using var scope = NewDisposeScope();
        List<int[]> prompts = [];
        Dictionary<string, long> places = new(StringComparer.Ordinal);
        long[] place = new long[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int[] prompt = rows[i].Request.PromptIds;
            string key = string.Join(',', prompt);
            if (!places.TryGetValue(key, out place[i]))
            {
                places.Add(key, place[i] = prompts.Count);
                prompts.Add(prompt);
            }
        }
        var (ids, mask) = TokenRows.PadLeft(prompts, _paddingId, policy.Device);
        var hidden = policy.Decoder.HiddenStates(ids, prompts.All(p => p.Length == longest) ? null : mask, cache);
        var logits = policy.LmHead(hidden.select(1, longest - 1));
        if (prompts.Count < rows.Length)
        {
            var which = tensor(place, device: policy.Device);
            cache.KeepRows(which);
            logits = logits.index_select(0, which);
        }
        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>Samples one token for each unfinished row.</summary>
    private void Draw(
        Row[] rows, Tensor logits, Tensor? unused, SamplingOptions options, RandomStream stream, StopStrings? stops,
        Action<TokenEvent>? onToken)
    {
        double[] uniforms = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            var key = rows[i].Request.Key;
            uniforms[i] = rows[i].Finish is null ? stream.Uniform(key.Update, key.Prompt, key.Sample, (uint)rows[i].Ids.Count) : 0;
        }
        var (ids, logprobs) = TokenDraw.Next(logits, options, uniforms, unused);
        for (int i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (row.Finish is not null)
                continue;
            if (!float.IsFinite(logprobs[i]))
                throw NotANumber(row);
            int id = (int)ids[i];
            row.Ids.Add(id);
            row.LogProbs.Add(logprobs[i]);
            if (!options.IgnoreEos && policy.Config.EosIds.Contains(id))
                row.Finish = FinishReason.Eos;
            else if (stops?.Reached(row.Ids) == true)
                row.Finish = FinishReason.Stop;
            else if (row.Ids.Count >= row.MaxNewTokens)
                row.Finish = FinishReason.Length;
            onToken?.Invoke(new TokenEvent(row.Index, id, row.Finish));
        }
    }

    private Row[] Compact(Row[] rows, KvCache cache)
    {
        using var scope = NewDisposeScope();
        int[] open = [.. Enumerable.Range(0, rows.Length).Where(i => rows[i].Finish is null)];
        cache.KeepRows(tensor(open.Select(i => (long)i).ToArray(), device: policy.Device));
        return [.. open.Select(i => rows[i])];
    }

    /// <summary>The forward pass over the last token of each row. The output of finished rows is ignored.</summary>
    private Tensor DecodeStep(Row[] rows, KvCache cache)
    {
        using var scope = NewDisposeScope();
        long[] last = [.. rows.Select(r => (long)r.Ids[^1])];
        var hidden = policy.Decoder.HiddenStates(tensor(last, [last.Length, 1], device: policy.Device), null, cache);
        return policy.LmHead(hidden.select(1, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The token limit of a completion: prompt and completion together must fit into the model's positions.</summary>
    private int NewTokens(SampleRequest request, SamplingOptions options) =>
        Math.Min(options.MaxNewTokens, policy.Config.MaxPositions - request.PromptIds.Length);

    private void CheckPrompt(int[] ids)
    {
        if (ids.Length == 0)
            throw new UserError("a prompt must have at least one token; for an empty prompt use the model's BOS");
        TokenRows.CheckVocabulary(ids, policy.Config);
        int limit = policy.Config.MaxPositions;
        if (ids.Length >= limit)
            throw new UserError($"a prompt of {ids.Length} tokens leaves no room for a completion: {policy.Config.DisplayName} "
                + $"has {limit} positions");
    }

    private UserError NotANumber(Row row) => new(
        $"{policy.Config.DisplayName}: the logits after {row.Request.PromptIds.Length + row.Ids.Count} tokens are NaN or infinite, so no "
        + "token can be sampled; "
            + (policy.Dtype == ScalarType.Float16 ? "fp16 may be too narrow for this model (try bf16 or fp32), or its" : "the model's")
            + " weights are damaged");

    private sealed class Row(int index, SampleRequest request, int maxNewTokens)
    {
        public int Index { get; } = index;

        public SampleRequest Request { get; } = request;

        public int MaxNewTokens { get; } = maxNewTokens;

        public List<int> Ids { get; } = [];

        public List<float> LogProbs { get; } = [];

        public FinishReason? Finish { get; set; }
    }
}
