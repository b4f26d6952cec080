using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rlhf.Storage.Changes;

namespace Rlhf.LabelingUi.Tests.Events;

public sealed class EventsApiTests
{
    private static readonly Guid First = Guid.CreateVersion7();
    private static readonly Guid Second = Guid.CreateVersion7();
    private static readonly Guid RunOfFirst = Guid.CreateVersion7();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscriber_gets_changes_as_events_with_their_numbers()
    {
        await using var served = await ServedHome.StartAsync();
        using var events = await EventStream.OpenAsync(served.Client, "/api/v1/events");
        Assert.Equal("text/event-stream", events.MediaType);
        Publish(served.Feed, ChangeTypes.RunProgress, First, RunOfFirst, 3);
        var item = await events.NextAsync();
        Assert.Equal(ChangeTypes.RunProgress, item.EventType);
        Assert.Equal(served.Feed.Latest.ToString(CultureInfo.InvariantCulture), item.EventId);
        var change = JsonDocument.Parse(item.Data).RootElement;
        Assert.Equal(served.Feed.Latest, change.GetProperty("sequence").GetInt64());
        Assert.Equal(First, change.GetProperty("pipelineRunId").GetGuid());
        Assert.Equal(RunOfFirst, change.GetProperty("runId").GetGuid());
        Assert.Equal(3, change.GetProperty("payload").GetProperty("number").GetInt32());
    }

    [Theory]
    [InlineData("pipelineRun", new[] { 1, 3 })]
    [InlineData("run", new[] { 3 })]
    public async Task Events_of_one_pipeline_run_or_run_only(string filter, int[] expected)
    {
        await using var served = await ServedHome.StartAsync();
        long start = served.Feed.Latest;
        Publish(served.Feed, ChangeTypes.PipelineState, First, null, 1);
        Publish(served.Feed, ChangeTypes.PipelineState, Second, null, 2);
        Publish(served.Feed, ChangeTypes.RunState, First, RunOfFirst, 3);
        Publish(served.Feed, ChangeTypes.LabelingSubmission, null, null, 4);
        using var events = await EventStream.OpenAsync(
            served.Client, $"/api/v1/events?after={start}&{filter}={(filter == "run" ? RunOfFirst : First)}");
        foreach (int number in expected)
            Assert.Equal(number, Number(await events.NextAsync()));
        // The next one to pass shows that nothing else came between.
        Publish(served.Feed, ChangeTypes.RunState, First, RunOfFirst, 5);
        Assert.Equal(5, Number(await events.NextAsync()));
    }

    [Fact]
    public async Task A_notice_of_the_hub_reaches_everybody_who_follows_a_run()
    {
        await using var served = await ServedHome.StartAsync();
        long start = served.Feed.Latest;
        Publish(served.Feed, ChangeTypes.HubNotice, Second, null, 1);
        Publish(served.Feed, ChangeTypes.HubNotice, null, null, 2);
        Publish(served.Feed, ChangeTypes.HubNotice, First, null, 3);
        using var events = await EventStream.OpenAsync(served.Client, $"/api/v1/events?after={start}&pipelineRun={First}");
        Assert.Equal(2, Number(await events.NextAsync()));
        Assert.Equal(3, Number(await events.NextAsync()));
    }

    [Fact]
    public async Task Last_event_id_resumes_and_an_unknown_one_means_catch_up()
    {
        await using var served = await ServedHome.StartAsync();
        for (int i = 0; i < 5; i++)
            Publish(served.Feed, ChangeTypes.RunProgress, First, null, i);
        using (var resumed = await EventStream.OpenAsync(served.Client, "/api/v1/events", served.Feed.Latest - 2))
        {
            Assert.Equal(3, Number(await resumed.NextAsync()));
            Assert.Equal(4, Number(await resumed.NextAsync()));
        }
        using var stranger = await EventStream.OpenAsync(served.Client, $"/api/v1/events?run={Second}", 1);
        Assert.Equal(ChangeTypes.CatchUp, (await stranger.NextAsync()).EventType);
    }

    [Fact]
    public async Task A_page_subscribes_after_the_rows_that_it_shows()
    {
        await using var served = await ServedHome.StartAsync();
        Publish(served.Feed, ChangeTypes.RunState, First, null, 1);
        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync("/runs", Cancellation));
        // Before the browser has subscribed.
        Publish(served.Feed, ChangeTypes.RunState, First, null, 2);
        using var events = await EventStream.OpenAsync(served.Client, Regex.Match(html, "data-events=\"([^\"]*)\"").Groups[1].Value);
        Assert.Equal(2, Number(await events.NextAsync()));
    }

    [Fact]
    public async Task Streams_end_at_once_when_the_server_stops()
    {
        await using var served = await ServedHome.StartAsync();
        using var events = await EventStream.OpenAsync(served.Client, "/api/v1/events");
        var end = events.IsAtEndAsync();
        await served.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.True(await end);
    }

    private static void Publish(ChangeFeed feed, string type, Guid? pipelineRun, Guid? run, int number) =>
        feed.Publish(new Change(type, pipelineRun, run, DateTimeOffset.UnixEpoch, new() { ["number"] = number }));

    private static int Number(SseItem<string> item) =>
        JsonDocument.Parse(item.Data).RootElement.GetProperty("payload").GetProperty("number").GetInt32();

    /// <summary>An open subscription: when <see cref="OpenAsync"/> returns, what is published arrives.</summary>
    private sealed class EventStream : IDisposable
    {
        private readonly HttpResponseMessage _answer;
        private readonly Stream _body;
        private readonly IAsyncEnumerator<SseItem<string>> _events;

        private EventStream(HttpResponseMessage answer, Stream body)
        {
            _answer = answer;
            _body = body;
            _events = SseParser.Create(body, (_, data) => Encoding.UTF8.GetString(data)).EnumerateAsync(Cancellation)
                .GetAsyncEnumerator(Cancellation);
        }

        public string? MediaType => _answer.Content.Headers.ContentType?.MediaType;

        public static async Task<EventStream> OpenAsync(HttpClient client, string address, long? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (lastEventId is { } id)
                request.Headers.Add("Last-Event-ID", id.ToString(CultureInfo.InvariantCulture));
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            answer.EnsureSuccessStatusCode();
            return new EventStream(answer, await answer.Content.ReadAsStreamAsync(Cancellation));
        }

        public async Task<SseItem<string>> NextAsync() =>
            await _events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation)
                ? _events.Current
                : throw new EndOfStreamException();

        public async Task<bool> IsAtEndAsync() => !await _events.MoveNextAsync();

        public void Dispose()
        {
            _body.Dispose();
            _answer.Dispose();
        }
    }
}
