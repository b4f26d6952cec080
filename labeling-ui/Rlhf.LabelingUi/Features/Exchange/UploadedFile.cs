using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Features.Exchange;

/// <summary>
/// A file that came with a request, as the body or in a form, written to a temporary file piece by piece: it may be larger than the memory.
/// The file is readable by its owner only, and gone afterwards.
/// </summary>
internal sealed class UploadedFile : IDisposable
{
    private const long MaxBytes = 8L << 30;
    private const int MaxFieldBytes = 64 * 1024, MaxFields = 100;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rlhf-import-");
    private readonly List<(string Name, string Value)> _fields = [];

    private UploadedFile() => Path = System.IO.Path.Combine(_folder.FullName, "file");

    public string Path { get; }

    /// <summary>What the sender calls it.</summary>
    public string Name { get; private set; } = "file";

    /// <summary>Reads the whole request.</summary>
    /// <exception cref="UserError">There is no file in it, or more than fields of text beside it.</exception>
    public static async Task<UploadedFile> ReadAsync(HttpContext context, CancellationToken stop)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBytes;
        var upload = new UploadedFile();
        try
        {
            foreach (var (name, values) in context.Request.Query)
                upload._fields.AddRange(values.Select(value => (name, value ?? "")));
            if (MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
                && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
                await upload.ReadFormAsync(type, context.Request.Body, stop);
            else
                await upload.ReadBodyAsync(context.Request.Body, stop);
            return upload;
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    public string? Value(string name) => Values(name) is [.., { Length: > 0 } last] ? last : null;

    public IReadOnlyList<string> Values(string name) =>
        [.. _fields.Where(field => field.Name == name && field.Value.Length > 0).Select(field => field.Value)];

    /// <exception cref="UserError">Neither true nor false.</exception>
    public bool Flag(string name) => Value(name) is { } text
        && (bool.TryParse(text, out bool flag) ? flag
            : throw new UserError($"{name} must be true or false; got '{text}'") { Field = name });

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task ReadFormAsync(MediaTypeHeaderValue type, Stream body, CancellationToken stop)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 } given
            ? given : throw new UserError("the form has no boundary in its content type") { Field = "file" };
        var reader = new MultipartReader(boundary, body) { BodyLengthLimit = null };
        bool found = false;
        while (await NextAsync(reader, stop) is { } section)
        {
            if (section.GetContentDispositionHeader() is not { } disposition)
                continue;
            string name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
            if (disposition.IsFileDisposition())
            {
                if (found)
                    throw new UserError("more than one file; import them one by one") { Field = "file" };
                found = true;
                Name = FileName(HeaderUtilities.RemoveQuotes(
                    disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value);
                await SaveAsync(section.Body, stop);
            }
            else
            {
                _fields.Add((name, await TextAsync(section.Body, name, stop)));
                if (_fields.Count > MaxFields)
                    throw new UserError($"more than {MaxFields} fields");
            }
        }
        if (!found)
            throw new UserError("no file in the form; send it as the field 'file'") { Field = "file" };
    }

    private async Task ReadBodyAsync(Stream body, CancellationToken stop)
    {
        Name = FileName(Value("name"));
        await SaveAsync(body, stop);
        if (new FileInfo(Path).Length == 0)
            throw new UserError("no file: send it as the field 'file' of a form, or as the body") { Field = "file" };
    }

    private async Task SaveAsync(Stream from, CancellationToken stop)
    {
        await using var file = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        await from.CopyToAsync(file, stop);
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.ReadNextSectionAsync(stop);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new UserError($"the form is cut off or malformed: {exception.Message}", exception) { Field = "file" };
        }
    }

    private static async Task<string> TextAsync(Stream from, string name, CancellationToken stop)
    {
        using var reader = new StreamReader(from);
        char[] text = new char[MaxFieldBytes + 1];
        int length = await reader.ReadBlockAsync(text, stop);
        return length <= MaxFieldBytes
            ? new string(text, 0, length)
            : throw new UserError($"'{name}' is longer than {MaxFieldBytes} characters") { Field = name };
    }

    /// <summary>Without folders; some browsers send them.</summary>
    private static string FileName(string? name) =>
        System.IO.Path.GetFileName((name ?? "").Replace('\\', '/')) is { Length: > 0 and <= 200 } plain ? plain : "file";
}
