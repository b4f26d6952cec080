using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Rlhf.Storage;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>
/// <c>rlhf erase annotator</c> from end to end: what somebody wrote through the API of a running hub is in no byte of the home folder, of
/// an export or of a restored backup afterwards, and nothing that is left tells how they ranked.
/// </summary>
public sealed partial class ErasedPeopleTests : IDisposable
{
    private const string Person = "marta.quint@example.org", Other = "someone else";

    /// <summary>What the person wrote, each in another place.</summary>
    private static readonly string[] s_texts =
        ["first reason of Q7", "corrected reason of Q7", "drafted reason of Q7", "skipped because of Q7"];

    /// <summary>How somebody else ranks, which stays.</summary>
    private static readonly int[] s_kept = [1, 2, 2];

    /// <summary>Every other order of three completions, as ranks.</summary>
    private static readonly int[][] s_orders =
    [
        .. from a in (int[])[1, 2, 3] from b in (int[])[1, 2, 3] from c in (int[])[1, 2, 3]
           let order = new[] { a, b, c }
           where order.Distinct().Count() == order.Max() && !order.SequenceEqual(s_kept)
           select order,
    ];

    private readonly TemporaryFolder _place = new();
    private string _token = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Home Home => new(_place["home"]);

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Nothing_of_an_erased_person_is_left_anywhere()
    {
        var accounts = new[] { (Person, "annotator"), (Other, "annotator"), ("researcher", "researcher") }
            .Select(account => Account(account.Item1, account.Item2)).ToList();
        using (var hub = RlhfProgram.Start("serve", "--home", Home.Root, "--urls", "http://127.0.0.1:0"))
        {
            try
            {
                await WorkAsync(await AddressAsync(hub), accounts);
                // Everything that is looked for is there before.
                Assert.Equal(0, Rlhf("backup", _place["backup.db"]).ExitCode);
                await StopAsync(hub);
                Assert.Equal([Person, .. s_texts], Found([Person, .. s_texts]));
            }
            finally
            {
                if (!hub.HasExited)
                    hub.Kill(entireProcessTree: true);
            }
        }
        Assert.Contains("first reason of Q7", Rlhf("export", "--project", "answers").Text, StringComparison.Ordinal);
        Assert.NotEqual(0, OrdersInPlainText());
        // Of the two rankings in the dataset version one is the person's.
        Assert.Equal(1, OrdersByHash());

        using (var hub = RlhfProgram.Start("serve", "--home", Home.Root, "--urls", "http://127.0.0.1:0"))
        {
            try
            {
                string url = await AddressAsync(hub);
                var erased = JsonDocument.Parse(Rlhf("erase", "annotator", accounts[0].Annotator, "--json").Text).RootElement;
                Assert.Equal((2, 1), (erased.GetProperty("annotations").GetInt32(), erased.GetProperty("staleVersions").GetInt32()));
                // The hub that is running knows the person no longer.
                using var theirs = Client(url, accounts[0].Token);
                using var refused = await theirs.GetAsync("projects", Cancellation);
                Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
                await CheckExportsAsync(url, accounts[2].Token);
                await StopAsync(hub);
            }
            finally
            {
                if (!hub.HasExited)
                    hub.Kill(entireProcessTree: true);
            }
        }
        CheckNothingIsLeft();
        var restored = Rlhf("restore", _place["backup.db"]);
        Assert.Contains("1 erasures repeated", restored.Text, StringComparison.Ordinal);
        CheckNothingIsLeft();
        Assert.DoesNotContain(Person, Rlhf("users", "list").Text, StringComparison.Ordinal);
    }

    private void CheckNothingIsLeft()
    {
        Assert.Empty(Found([Person, _token, .. s_texts]));
        Assert.Equal((0, 0), (OrdersInPlainText(), OrdersByHash()));
        byte[] export = Rlhf("export", "--project", "answers").Output;
        Assert.True(Holds(export, "mine"));
        Assert.DoesNotContain([Person, .. s_texts], text => Holds(export, text));
    }

    private static async Task CheckExportsAsync(string url, string token)
    {
        using var researcher = Client(url, token);
        var project = (await ReadAsync(await researcher.GetAsync("projects", Cancellation)))[0].GetProperty("id").GetGuid();
        foreach (var format in ExportFormat.All)
        {
            byte[] export = await researcher.GetByteArrayAsync($"projects/{project}/export?format={format.Name}", Cancellation);
            Assert.NotEmpty(export);
            Assert.DoesNotContain([Person, .. s_texts], text => Holds(export, text));
        }
    }

    private (string Token, string Annotator) Account(string name, string role)
    {
        var added = Rlhf("users", "add", name, "--role", role, "--token", "--json");
        Assert.True(added.ExitCode == 0, added.Error);
        var account = JsonDocument.Parse(added.Text).RootElement;
        string token = account.GetProperty("token").GetString()!;
        if (name == Person)
            _token = token;
        return (token, account.GetProperty("annotator").GetString()!);
    }

    /// <summary>The person answers, corrects, skips and drafts; somebody else answers the same task; a dataset version is made.</summary>
    private static async Task WorkAsync(string url, List<(string Token, string Annotator)> accounts)
    {
        using var person = Client(url, accounts[0].Token);
        using var other = Client(url, accounts[1].Token);
        using var researcher = Client(url, accounts[2].Token);
        var project = (await PostAsync(researcher, "projects", new { name = "answers", question = "ranking", overlap = 2 }))
            .GetProperty("id").GetGuid();
        await PostAsync(researcher, $"projects/{project}/tasks", Enumerable.Range(0, 3).Select(i => new
        {
            prompt = $"prompt {i}",
            completions = new[] { new { text = "a" }, new { text = "b" }, new { text = "c" } },
        }));
        var tasks = (await PostAsync(person, $"projects/{project}/next", new { count = 3 })).EnumerateArray().ToList();
        var answered = await PostAsync(person, $"assignments/{Id(tasks[0])}/annotation",
            new { ranking = Order(tasks[0], "b", "ac"), rationale = s_texts[0] });
        using var corrected = await person.PutAsJsonAsync($"annotations/{answered.GetProperty("id").GetGuid()}",
            new { ranking = Order(tasks[0], "c", "a", "b"), rationale = s_texts[1] }, Cancellation);
        await ReadAsync(corrected);
        using var drafted = await person.PutAsJsonAsync($"assignments/{Id(tasks[1])}/draft",
            new { sequence = 1, ranking = Order(tasks[1], "c", "b", "a"), rationale = s_texts[2] }, Cancellation);
        await ReadAsync(drafted);
        using var skipped = await person.PostAsJsonAsync($"assignments/{Id(tasks[2])}/skip", new { reason = s_texts[3] }, Cancellation);
        await ReadAsync(skipped);
        var same = await PostAsync(other, $"projects/{project}/next", new { });
        await PostAsync(other, $"assignments/{Id(same)}/annotation", new { ranking = Order(same, "a", "bc"), rationale = "mine" });
        await PostAsync(researcher, $"projects/{project}/datasets", new { });
    }

    /// <summary>Letters as the texts of the completions: "b", "ac" is b before a and c, which are tied.</summary>
    private static string[][] Order(JsonElement task, params string[] groups)
    {
        var ids = task.GetProperty("completions").EnumerateArray()
            .ToDictionary(c => c.GetProperty("text").GetString()!, c => c.GetProperty("id").GetString()!);
        return [.. groups.Select(group => group.Select(letter => ids[letter.ToString()]).ToArray())];
    }

    private static string Id(JsonElement task) => task.GetProperty("assignmentId").GetString()!;

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, Cancellation);
        return await ReadAsync(answer);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.RequestUri}: {answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static HttpClient Client(string url, string token)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"{url}/api/v1/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static async Task<string> AddressAsync(Process hub)
    {
        while (await hub.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            if (Address().Match(line) is { Success: true } found)
                return found.Value;
        }
        throw new InvalidOperationException(await hub.StandardError.ReadToEndAsync(Cancellation));
    }

    private static async Task StopAsync(Process hub)
    {
        using var stop = Process.Start("kill", ["-TERM", hub.Id.ToString(CultureInfo.InvariantCulture)]);
        await hub.WaitForExitAsync(Cancellation);
    }

    /// <summary>Which of these texts stand in some byte of the home folder.</summary>
    private IEnumerable<string> Found(string[] texts)
    {
        var files = Files();
        return texts.Where(text => files.Any(file => Holds(file, text)));
    }

    private static bool Holds(byte[] bytes, string text) => new[] { Encoding.UTF8, Encoding.Unicode }.Any(
        encoding => bytes.AsSpan().IndexOf(encoding.GetBytes(text)) >= 0);

    /// <summary>How many of the person's possible rankings stand in some file, as the program writes them.</summary>
    private int OrdersInPlainText()
    {
        var files = Files();
        return s_orders.Count(order => Writings(order).Any(written => files.Any(file => Holds(file, written))));
    }

    /// <summary>
    /// How many of them a program finds that hashes each, alone and after every salt that is left, and looks for it in every byte.
    /// </summary>
    private int OrdersByHash()
    {
        var files = Files();
        byte[][] salts = [[], .. Salts()];
        return s_orders.Count(order => Writings(order).Any(written => salts.Any(salt =>
        {
            byte[] hash = SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(written)]);
            return files.Any(file => file.AsSpan().IndexOf(hash) >= 0 || Holds(file, Convert.ToHexStringLower(hash)));
        })));
    }

    private byte[][] Files() => [.. Directory.GetFiles(Home.Root, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes)];

    /// <summary>What can stand for a ranking of the first task: the answer in the database, and the line of a dataset.</summary>
    private static IEnumerable<string> Writings(int[] ranks)
    {
        yield return ContentJson.Write(Storage.Entities.Answer.FromRanks(ranks).Ranking);
        string completions = string.Join(',', "abc".Select(
            letter => $$"""[{"role":"assistant","parts":[{"type":"text","text":"{{letter}}"}]}]"""));
        for (int prompt = 0; prompt < 3; prompt++)
        {
            string asked = $$"""{"prompt":[{"role":"user","parts":[{"type":"text","text":"prompt {{prompt}}"}]}],""";
            yield return asked + $"\"completions\":[{completions}],\"ranks\":[{string.Join(',', ranks)}],\"simulated\":false}}";
        }
    }

    private List<byte[]> Salts()
    {
        using var connection = new SqliteConnection($"Data Source={Home.Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT Salt FROM Annotations WHERE Salt IS NOT NULL";
        using var reader = command.ExecuteReader();
        var salts = new List<byte[]>();
        while (reader.Read())
            salts.Add((byte[])reader[0]);
        return salts;
    }

    private Answer Rlhf(params string[] arguments) => RlhfProgram.Run([.. arguments, "--home", Home.Root]);

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex Address();
}
