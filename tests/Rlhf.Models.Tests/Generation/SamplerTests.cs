using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly RandomStream Stream = new(5, "sampling");

    private static readonly SamplingOptions Greedy16 = new() { Greedy = true, IgnoreEos = true, MaxNewTokens = 16 };

    public static TheoryData<string> Names => TinyModels.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Greedy_completions_are_those_of_transformers_alone_and_in_a_batch_with_a_cache_and_without(string name)
    {
        var (path, expected) = TinyModels.Require(name, "causal");
        using var model = ModelFolder.LoadCausalLm(path, CPU, ScalarType.Float32);
        var rows = TinyModels.Rows(expected);
        int[][] batch = [.. TinyModels.Matrix<long>(expected["greedy"]!["batch"]!).Select(r => r.Select(i => (int)i).ToArray())];
        int[] row0 = [.. TinyModels.Vector<long>(expected["greedy"]!["row0"]!).Select(i => (int)i)];
        SampleRequest[] requests = [.. rows.Select((r, i) => new SampleRequest(r, new DrawKey(0, (uint)i, 0)))];
        var sampled = new Sampler(model, 0, 128).Sample(requests, Greedy16, Stream);
        Assert.Equal(batch, sampled.Select(c => c.Ids));
        Assert.Equal(row0, new Sampler(model, 0, 128).Sample([requests[0]], Greedy16, Stream)[0].Ids);
        Assert.Equal(batch, rows.Select(r => WithoutCache(model, r, 16)));
    }

    [Fact]
    public void A_completion_is_the_same_alone_in_any_batch_and_in_any_order()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        var options = new SamplingOptions { Temperature = 1, MaxNewTokens = 20 };
        SampleRequest[] requests =
            [.. Enumerable.Range(0, 40)
                .Select(i => new SampleRequest([.. Enumerable.Range(3, 1 + i % 7)], new DrawKey(2, (uint)i, (uint)(i % 3))))];
        var together = new Sampler(model, 0, 128).Sample(requests, options, Stream);
        Assert.True(together.Select(c => c.Ids.Length).Distinct().Count() > 3, "rows end at different places, so that the batch shrinks");
        var small = new Sampler(model, 0, batchSize: 3).Sample([.. requests.Reverse()], options, Stream).Reverse().ToList();
        for (int i = 0; i < requests.Length; i++)
        {
            var alone = new Sampler(model, 7, 128).Sample([requests[i]], options, Stream)[0];
            Assert.Equal(alone.Ids, together[i].Ids);
            Assert.Equal(alone.Ids, small[i].Ids);
            Assert.Equal(alone.Finish, together[i].Finish);
            TinyModels.Near([.. alone.LogProbs.Select(x => (double)x)], together[i].LogProbs.Select(x => (double)x), 1e-5);
        }
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(200, 200)]
    [InlineData(1000, 210)]
    public void A_batch_has_as_many_completions_as_was_asked(int batchSize, int expected)
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        SampleRequest[] requests = [.. Enumerable.Range(0, 210).Select(i => new SampleRequest([1, 5], new DrawKey(0, (uint)i, 0)))];
        List<int> order = [];
        new Sampler(model, 0, batchSize).Sample(requests, Greedy16 with { MaxNewTokens = 2 }, Stream, onToken: t => order.Add(t.Request));
        // All completions of a batch get their first token before any of them gets its second.
        Assert.Equal(Enumerable.Range(0, expected), order.Take(expected));
        Assert.Equal(0, order[expected]);
        Assert.Equal(2 * requests.Length, order.Count);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(999)]
    [InlineData(-1)]
    public void A_pad_id_outside_of_the_vocabulary_is_not_read(int padId)
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        SampleRequest[] requests = [new([1], new DrawKey(0, 0, 0)), new([1, 5, 6, 7], new DrawKey(0, 1, 0))];
        var options = new SamplingOptions { Temperature = 1, MaxNewTokens = 8, IgnoreEos = true };
        var expected = new Sampler(model, 0, 2).Sample(requests, options, Stream);
        var found = new Sampler(model, padId, 2).Sample(requests, options, Stream);
        Assert.Equal(expected.Select(c => c.Ids), found.Select(c => c.Ids));
        Assert.Equal(expected.Select(c => c.LogProbs), found.Select(c => c.LogProbs));
    }

    [Fact]
    public void Different_keys_and_streams_give_different_completions_of_one_prompt()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        var options = new SamplingOptions { Temperature = 1, MaxNewTokens = 12, IgnoreEos = true };
        SampleRequest[] requests = [.. Enumerable.Range(0, 16).Select(i => new SampleRequest([1, 5], new DrawKey(0, 0, (uint)i)))];
        var first = new Sampler(model, 0, 128).Sample(requests, options, Stream);
        Assert.True(first.Select(c => string.Join(',', c.Ids)).Distinct().Count() >= 15);
        Assert.NotEqual(first.Select(c => string.Join(',', c.Ids)),
            new Sampler(model, 0, 128).Sample(requests, options, new RandomStream(6, "sampling")).Select(c => string.Join(',', c.Ids)));
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_whole_text_at_the_sampling_temperature_before_filters()
    {
        using var scope = NewDisposeScope();
        using var model = SmallModels.Create(SmallModels.Llama(tied: false));
        var options = new SamplingOptions { Temperature = 0.7, TopK = 5, TopP = 0.9, MaxNewTokens = 10, IgnoreEos = true };
        int[] prompt = [1, 9, 4];
        var completion = new Sampler(model, 0, 128).Sample([new SampleRequest(prompt, default)], options, Stream)[0];
        int[] all = [.. prompt, .. completion.Ids];
        var logits = model.Logits(tensor(all.Select(i => (long)i).ToArray()).unsqueeze(0), null).squeeze(0)
            .narrow(0, prompt.Length - 1, 10).div(0.7);
        var next = tensor(completion.Ids.Select(i => (long)i).ToArray()).unsqueeze(1);
        TinyModels.Near(TinyModels.Doubles(logits.log_softmax(-1).gather(1, next).squeeze(1)),
            completion.LogProbs.Select(x => (double)x), 1e-5);
    }

    [Fact]
    public void An_eos_ends_a_completion_and_belongs_to_it()
    {
        using var model = SmallModels.Create(SmallModels.Llama() with { EosIds = [2, 11, 30, 31, 32, 33] });
        SampleRequest[] requests = [.. Enumerable.Range(0, 30).Select(i => new SampleRequest([1, 5], new DrawKey(0, (uint)i, 0)))];
        var options = new SamplingOptions { Temperature = 1, MaxNewTokens = 15 };
        var free = new Sampler(model, 0, 128).Sample(requests, options with { IgnoreEos = true }, Stream);
        var ended = new Sampler(model, 0, 128).Sample(requests, options, Stream);
        Assert.True(ended.Where(c => c.Finish == FinishReason.Eos).Select(c => c.Ids[^1]).Distinct().Count() > 1, "more than one EOS id "
            + "ends a text");
        Assert.Contains(ended, c => c.Finish == FinishReason.Length);
        for (int i = 0; i < requests.Length; i++)
        {
            int at = Array.FindIndex(free[i].Ids, model.Config.EosIds.Contains);
            Assert.Equal(at < 0 ? free[i].Ids : free[i].Ids[..(at + 1)], ended[i].Ids);
            Assert.Equal(at < 0 ? FinishReason.Length : FinishReason.Eos, ended[i].Finish);
            Assert.Equal(ended[i].Ids.Length, ended[i].LogProbs.Length);
        }
    }

    [Fact]
    public void Every_token_is_told_as_it_is_drawn()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        List<TokenEvent> told = [];
        SampleRequest[] requests = [new([1, 5], new DrawKey(0, 0, 0)), new([1, 6, 7], new DrawKey(0, 1, 0))];
        var completions = new Sampler(model, 0, 128).Sample(
            requests, new SamplingOptions { Temperature = 1, MaxNewTokens = 8 }, Stream, onToken: told.Add);
        for (int i = 0; i < requests.Length; i++)
        {
            var of = told.Where(t => t.Request == i).ToList();
            Assert.Equal(completions[i].Ids, of.Select(t => t.Id));
            Assert.Equal(completions[i].Finish, of[^1].Finish);
            Assert.All(of.SkipLast(1), t => Assert.Null(t.Finish));
        }
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        var sampler = new Sampler(model, 0, 128);
        SampleRequest[] requests =
            [.. Enumerable.Range(0, 12).Select(i => new SampleRequest([1, .. Enumerable.Range(3, i % 4)], new DrawKey(0, (uint)i, 0)))];
        var options = new SamplingOptions { Temperature = 1, TopK = 20, TopP = 0.95, MaxNewTokens = 10 };
        sampler.Sample(requests, options, Stream);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (uint i = 0; i < 5; i++)
            sampler.Sample([.. requests.Select(r => r with { Key = r.Key with { Update = i } })], options, Stream);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_completion_ends_where_the_whole_text_can_still_be_scored(string family)
    {
        using var model = SmallModels.Create((family == "gpt2" ? SmallModels.Gpt2() : SmallModels.Llama()) with { MaxPositions = 10 });
        SampleRequest[] requests = [new([1, 2, 3], default), new([1, 2, 3, 4, 5, 6, 7, 8, 9], default)];
        var completions = new Sampler(model, 0, 128).Sample(
            requests, new SamplingOptions { Greedy = true, IgnoreEos = true, MaxNewTokens = 50 }, Stream);
        Assert.Equal([7, 1], completions.Select(c => c.Ids.Length));
        Assert.All(completions, c => Assert.Equal(FinishReason.Length, c.Finish));
        Assert.Equal(completions[0].Ids, WithoutCache(model, [1, 2, 3], 7));
        int[] longest = [1, 2, 3, .. completions[0].Ids];
        Assert.Equal(9, Scoring.Score(model, longest).LogProbs.Length);
        Assert.Contains("10 positions", Assert.Throws<UserError>(() => Scoring.Score(model, [.. longest, 1])).Message);
        using var critic = ScalarModel.FromCausalLm(model, new RandomStream(1, "head"));
        Scoring.Score(critic, longest);
        Assert.Contains("10 positions", Assert.Throws<UserError>(() => Scoring.Score(critic, [.. longest, 1])).Message);
        Assert.Contains("no room",
            Assert.Throws<UserError>(() => new Sampler(model, 0, 128).Sample(
                [new SampleRequest([.. Enumerable.Range(1, 10)], default)], Greedy16, Stream)).Message);
    }

    [Fact]
    public void Padding_counts_for_nothing_against_the_limit()
    {
        using var scope = NewDisposeScope();
        using var model = SmallModels.Create(SmallModels.Gpt2(positions: 4));
        var (ids, mask) = TokenRows.PadLeft([[1, 2, 3, 4], [5]], 0, CPU);
        var wider = (Ids: cat([zeros_like(ids).narrow(1, 0, 2), ids], 1), Mask: cat([zeros_like(mask).narrow(1, 0, 2), mask], 1));
        TinyModels.Near(TinyModels.Doubles(model.Logits(ids, mask).select(1, -1).flatten()),
            TinyModels.Doubles(model.Logits(wider.Ids, wider.Mask).select(1, -1).flatten()), 1e-5);
        Assert.Throws<UserError>(() => model.Logits(wider.Ids, ones_like(wider.Mask)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Logits_that_are_not_numbers_are_named_and_draw_nothing(bool greedy)
    {
        using var model = SmallModels.Create(SmallModels.Llama() with { Folder = "models/broken" });
        using (no_grad())
            model.Decoder.Embedding.fill_(float.NaN);
        var options = new SamplingOptions { Greedy = greedy, Temperature = 1, MaxNewTokens = 4 };
        var error = Assert.Throws<UserError>(
            () => new Sampler(model, 0, 128).Sample([new SampleRequest([1, 5], default)], options, Stream));
        Assert.Contains("models/broken", error.Message);
        Assert.Contains("NaN", error.Message);
        Assert.Contains("models/broken", Assert.Throws<UserError>(() => Scoring.Score(model, [1, 5])).Message);
        Assert.Contains("NaN", Assert.Throws<UserError>(() => Scoring.CompletionLogProbs(model, [[1]], [[5]])).Message);
        using var reward = ScalarModel.FromCausalLm(model, new RandomStream(1, "head"));
        Assert.Contains("NaN", Assert.Throws<UserError>(() => Scoring.Score(reward, [1, 5])).Message);
    }

    [Theory]
    [InlineData(1e-320)]
    [InlineData(1e-9)]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    public void A_temperature_that_nothing_can_be_divided_by_is_refused(double temperature)
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        Assert.Contains("temperature must be 0", Assert.Throws<UserError>(
            () => new Sampler(model, 0, 128).Sample(
                [new SampleRequest([1], default)], new SamplingOptions { Temperature = temperature }, Stream)).Message);
        Assert.NotEmpty(new Sampler(model, 0, 128).Sample(
            [new SampleRequest([1], default)], new SamplingOptions { Temperature = TokenDraw.MinTemperature }, Stream)[0].Ids);
    }

    [Fact]
    public void Ids_without_a_token_are_never_drawn_and_change_no_log_probability()
    {
        using var gradients = no_grad();
        using var model = SmallModels.Create(SmallModels.Llama());
        SampleRequest[] requests = [.. Enumerable.Range(0, 40).Select(i => new SampleRequest([1, 5], new DrawKey(0, (uint)i, 0)))];
        var options = new SamplingOptions { Temperature = 1, MaxNewTokens = 10, IgnoreEos = true };
        var free = new Sampler(model, 0, 128).Sample(requests, options, Stream);
        Assert.Contains(free, c => c.Ids.Any(id => id >= 25));
        using var padded = SmallModels.Create(SmallModels.Llama() with { UnusedIds = [.. Enumerable.Range(25, 25)] });
        foreach (var how in new[] { options, options with { TopP = 0.9 }, options with { TopK = 8 }, options with { Greedy = true } })
            Assert.All(new Sampler(padded, 0, 128).Sample(requests, how, Stream), c => Assert.All(c.Ids, id => Assert.InRange(id, 0, 24)));
        var drawn = new Sampler(padded, 0, 128).Sample([requests[0]], options, Stream)[0];
        TinyModels.Near([.. Scoring.CompletionLogProbs(model, [[1, 5]], [drawn.Ids])[0].Select(x => (double)x)],
            drawn.LogProbs.Select(x => (double)x), 1e-5);
    }

    [Fact]
    public void A_stop_string_may_be_a_special_token_or_hold_one()
    {
        using var model = SmallModels.Create(SmallModels.Llama(vocabulary: 300));
        var tokenizer = BpeTrainer.Train([], 260, ["<s>", "</s>", "<pad>", "<|end|>"]);
        int end = tokenizer.TokenToId("<|end|>")!.Value, letter = tokenizer.Encode("x", addSpecialTokens: false)[0];
        var stops = new StopStrings(["<|end|>"], tokenizer);
        Assert.True(stops.Reached([letter, end]));
        Assert.False(stops.Reached([letter, letter]));
        Assert.True(new StopStrings(["x<|end|>x"], tokenizer).Reached([letter, end, letter]));
        // What is shown has no special tokens in it: a string may reach across them, however many.
        Assert.True(new StopStrings(["xx"], tokenizer).Reached([letter, .. Enumerable.Repeat(end, 40), letter]));
        var options = new SamplingOptions { Temperature = 100, MaxNewTokens = 60, IgnoreEos = true, StopStrings = ["<|end|>"] };
        var completions = new Sampler(model, 0, 128).Sample(
            [.. Enumerable.Range(0, 60).Select(i => new SampleRequest([1], new DrawKey(0, (uint)i, 0)))], options, Stream, tokenizer);
        Assert.All(completions, c => Assert.Equal(c.Ids.Contains(end), c.Finish == FinishReason.Stop));
        Assert.Contains(completions, c => c.Finish == FinishReason.Stop && c.Ids[^1] == end);
    }

    [Fact]
    public void Wrong_prompts_are_refused()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        var sampler = new Sampler(model, 0, 128);
        Assert.Contains("at least one token",
            Assert.Throws<UserError>(() => sampler.Sample([new SampleRequest([], default)], Greedy16, Stream)).Message);
        Assert.Contains("from 0 to 49",
            Assert.Throws<UserError>(() => sampler.Sample([new SampleRequest([50], default)], Greedy16, Stream)).Message);
        Assert.Contains("-1", Assert.Throws<UserError>(() => sampler.Sample([new SampleRequest([-1], default)], Greedy16, Stream)).Message);
        Assert.Contains("tokenizer",
            Assert.Throws<UserError>(
                () => sampler.Sample([new SampleRequest([1], default)], Greedy16 with { StopStrings = ["."] }, Stream)).Message);
    }

    [Fact]
    public void Stories260k_tells_its_story_and_stops_where_it_is_told()
    {
        string folder = SharedData.Require("data/stories260k");
        Libtorch.EnsureLoaded();
        using var model = ModelFolder.LoadCausalLm(folder, CPU, ScalarType.Float32);
        var tokenizer = Tokenizer.Load(folder);
        var options = new SamplingOptions { Greedy = true, MaxNewTokens = 200 };
        SampleRequest request = new([model.Config.BosId!.Value], default);
        var story = new Sampler(model, 0, 128).Sample([request], options, Stream)[0];
        Assert.Equal(WithoutCache(model, request.PromptIds, story.Ids.Length), story.Ids);
        string text = tokenizer.Decode(story.Ids, skipSpecialTokens: true);

        // Its own first sentence ends it.
        string end = text[..(text.IndexOf('.', StringComparison.Ordinal) + 1)].Split(' ')[^1];
        var sentence = new Sampler(model, 0, 128).Sample(
            [request, new SampleRequest(tokenizer.Encode("Tom and", true), default)], options with { StopStrings = ["zebra", end] },
            Stream, tokenizer);
        Assert.Equal(FinishReason.Stop, sentence[0].Finish);
        Assert.EndsWith(end, tokenizer.Decode(sentence[0].Ids, skipSpecialTokens: true));
        Assert.DoesNotContain(end, tokenizer.Decode(sentence[0].Ids[..^1], skipSpecialTokens: true));
        Assert.Equal(story.Ids[..sentence[0].Ids.Length], sentence[0].Ids);
    }

    private static int[] WithoutCache(CausalLm model, int[] prompt, int count)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        List<int> ids = [.. prompt];
        for (int i = 0; i < count; i++)
            ids.Add((int)model.Logits(tensor(ids.Select(x => (long)x).ToArray()).unsqueeze(0), null)[0, -1].argmax().item<long>());
        return [.. ids.Skip(prompt.Length)];
    }
}
