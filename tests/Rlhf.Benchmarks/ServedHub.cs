using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rlhf.Benchmarks;

/// <summary>
/// <c>rlhf serve</c> as a process on a home folder of its own, with a researcher and annotators who have tokens. It can be killed and
/// started again at the same address.
/// </summary>
internal sealed partial class ServedHub : IDisposable
{
    private Process _server = null!;
    private string _address = "http://127.0.0.1:0";

    private ServedHub()
    {
    }

    public string Home { get; } = Directory.CreateTempSubdirectory("rlhf-served-hub-").FullName;

    public HttpClient Researcher { get; private set; } = null!;

    public IReadOnlyList<HttpClient> Annotators { get; private set; } = [];

    public string Database => Path.Combine(Home, "rlhf.db");

    /// <summary>The memory of the server's process in MB.</summary>
    public double Megabytes
    {
        get
        {
            _server.Refresh();
            return _server.WorkingSet64 / 1e6;
        }
    }

    public static async Task<ServedHub> StartAsync(int annotators)
    {
        var hub = new ServedHub();
        // The first account by a command; the others by calls, which are twenty times as fast.
        string admin = await hub.AddAdminAsync();
        await hub.ServeAsync();
        hub.Researcher = hub.Client(admin);
        var clients = new List<HttpClient>();
        for (int i = 0; i < annotators; i++)
        {
            var added = await ReadAsync(await hub.Researcher.PostAsJsonAsync(
                "users", new { name = $"annotator-{i}", role = "annotator", token = true }));
            clients.Add(hub.Client(added.GetProperty("token").GetString()!));
        }
        hub.Annotators = clients;
        return hub;
    }

    /// <summary>A project with tasks of texts of some 400 characters.</summary>
    public async Task<Guid> CreateProjectAsync(object project, int tasks, int completions)
    {
        const int Together = 1000, TextLength = 400;
        var made = await ReadAsync(await Researcher.PostAsJsonAsync("projects", project));
        var id = made.GetProperty("id").GetGuid();
        foreach (int[] part in Enumerable.Range(0, tasks).Chunk(Together))
        {
            await ReadAsync(await Researcher.PostAsJsonAsync($"projects/{id}/tasks", part.Select(i => new
            {
                prompt = $"prompt {i} ".PadRight(TextLength, 'p'),
                completions = Enumerable.Range(0, completions)
                    .Select(c => new { text = $"completion {c} of {i} ".PadRight(TextLength, 'c') }),
            })));
        }
        return id;
    }

    /// <summary>SIGKILL, and a new process at the same address.</summary>
    public async Task KillAndStartAsync()
    {
        await KillAsync();
        await ServeAsync();
    }

    public async Task KillAsync()
    {
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    public void Dispose()
    {
        try
        {
            _server.Kill(entireProcessTree: true);
            _server.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It was killed before.
        }
        _server.Dispose();
        Researcher.Dispose();
        foreach (var client in Annotators)
            client.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new HttpRequestException($"{answer.StatusCode}: {text}", inner: null, answer.StatusCode);
    }

    private async Task<string> AddAdminAsync()
    {
        using var add = Start("users", "add", "researcher", "--role", "admin", "--token");
        string token = await add.StandardOutput.ReadToEndAsync();
        await add.WaitForExitAsync();
        return add.ExitCode == 0 ? token.TrimEnd('\n') : throw new InvalidOperationException(await add.StandardError.ReadToEndAsync());
    }

    private async Task ServeAsync()
    {
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = Start("serve", "--urls", _address);
        _server.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        _server.OutputDataReceived += (_, line) =>
        {
            if (Address().Match(line.Data ?? "") is { Success: true } match)
                address.TrySetResult(match.Value);
        };
        _server.BeginErrorReadLine();
        _server.BeginOutputReadLine();
        _address = await address.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "rlhf.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RLHF_HOME"] = Home;
        return Process.Start(start)!;
    }

    private HttpClient Client(string token)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"{_address}/api/v1/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex Address();
}
