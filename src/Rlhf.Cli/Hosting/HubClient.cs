using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Cli.Output;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Runs;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Runs;

namespace Rlhf.Cli.Hosting;

/// <summary>Asks a hub over HTTP, in this process or in another: start, look at, cancel and resume pipeline runs.</summary>
internal sealed class HubClient : IDisposable
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http;

    public HubClient(HubAddressFile address)
    {
        Address = address;
        // Never through a proxy of the surroundings: the token is for the hub alone.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(address.Url),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.Token);
    }

    public HubAddressFile Address { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Whether the hub of the file answers.</summary>
    public async Task<bool> AnswersAsync(CancellationToken stop)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            using var answer = await _http.GetAsync(new Uri("/api/v1/pipelines?most=1", UriKind.Relative), limit.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <param name="definition">The resolved pipeline as JSON.</param>
    /// <param name="command">The command that makes the same again.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<Guid> StartAsync(string definition, string? command, CancellationToken stop) =>
        (await SendAsync<StartedPipeline>(
            HttpMethod.Post, "/api/v1/pipelines", new StartPipelineRequest(definition, command, Environment.UserName), stop)).Id;

    public Task<PipelineStatus> GetAsync(string id, CancellationToken stop) =>
        SendAsync<PipelineStatus>(HttpMethod.Get, $"/api/v1/pipelines/{Uri.EscapeDataString(id)}", null, stop);

    public Task<IReadOnlyList<PipelineStatus>> ListAsync(int most, bool unfinished, CancellationToken stop) =>
        SendAsync<IReadOnlyList<PipelineStatus>>(
            HttpMethod.Get, $"/api/v1/pipelines?most={most}&unfinished={(unfinished ? "true" : "false")}", null, stop);

    public Task<PipelineStatus> CancelAsync(string id, string reason, CancellationToken stop) =>
        SendAsync<PipelineStatus>(HttpMethod.Post, $"/api/v1/pipelines/{Uri.EscapeDataString(id)}/cancel",
            new CancelPipelineRequest(reason), stop);

    public Task<PipelineStatus> ResumeAsync(string id, CancellationToken stop) =>
        SendAsync<PipelineStatus>(HttpMethod.Post, $"/api/v1/pipelines/{Uri.EscapeDataString(id)}/resume", null, stop);

    /// <summary>
    /// What happens to a pipeline run until it ends: changes, and its status after each change of its state and wherever nothing
    /// happened for two seconds, so that what happened before the subscription, or was missed, is told too. The last item is the final
    /// status.
    /// </summary>
    public async IAsyncEnumerable<(Change? Change, PipelineStatus? Status)> FollowAsync(
        Guid id, [EnumeratorCancellation] CancellationToken stop)
    {
        var changes = System.Threading.Channels.Channel.CreateBounded<Change>(new System.Threading.Channels.BoundedChannelOptions(256)
        {
            FullMode = System.Threading.Channels.BoundedChannelFullMode.DropOldest,
        });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reading = ReadChangesAsync(id, changes.Writer, ended.Token);
        try
        {
            while (true)
            {
                bool ask;
                using (var pause = CancellationTokenSource.CreateLinkedTokenSource(stop))
                {
                    pause.CancelAfter(LookAgain);
                    ask = await WaitAsync(changes.Reader, pause.Token, stop);
                }
                while (changes.Reader.TryRead(out var change))
                {
                    ask |= change.Type == ChangeTypes.PipelineState;
                    yield return (change, null);
                }
                if (!ask)
                    continue;
                var status = await GetAsync(id.ToString(), stop);
                yield return (null, status);
                if (status.HasEnded)
                    yield break;
            }
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
        }
    }

    /// <summary>True where nothing came within the time.</summary>
    private static async Task<bool> WaitAsync(
        System.Threading.Channels.ChannelReader<Change> reader, CancellationToken pause, CancellationToken stop)
    {
        try
        {
            return !await reader.WaitToReadAsync(pause);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return true;
        }
    }

    private async Task ReadChangesAsync(Guid id, System.Threading.Channels.ChannelWriter<Change> changes, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var stream = await _http.GetStreamAsync(new Uri($"/api/v1/events?pipelineRun={id}", UriKind.Relative), stop);
                await foreach (var item in SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<Change>(data, Json))
                    .EnumerateAsync(stop))
                {
                    if (item.Data is { } change)
                        await changes.WriteAsync(change, stop);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                // The hub is busy or gone: the question for the rows, which comes next, tells.
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(LookAgain, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType(), options: Json);
        try
        {
            using var answer = await _http.SendAsync(request, stop);
            if (answer.IsSuccessStatusCode)
                return await answer.Content.ReadFromJsonAsync<T>(Json, stop)
                    ?? throw new UserError($"the hub at {Address.Url} sent an empty answer");
            throw new UserError(await ProblemAsync(answer, stop));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RunFailedException($"the hub at {Address.Url} (process {Address.ProcessId}) does not answer: {e.Message}; "
                + "unfinished pipeline runs go on when a hub is started again", e);
        }
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Json, stop);
            return problem.GetProperty("detail").GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"the hub answered {(int)answer.StatusCode} {answer.ReasonPhrase}";
        }
    }
}
