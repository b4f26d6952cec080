using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.DependencyInjection;

namespace Rlhf.LabelingUi.Shell.Texts;

/// <summary>
/// The languages of the pages. The language of a request is that of <c>?culture=</c>, of a cookie, or of the browser. How numbers and
/// times are written in prose is told by <see cref="Localized"/>; everything else is written the same in all languages.
/// </summary>
public static class Languages
{
    static Languages() => AssemblyLoadContext.Default.Resolving += ResolveTexts;

    public const string Default = "en", CookieName = "rlhf.language", QueryName = "culture";

    /// <summary>Each with its own name for itself.</summary>
    public static readonly IReadOnlyList<(string Code, string Name)> All =
        [(Default, "English"), ("de", "Deutsch"), ("zh-Hans", "简体中文")];

    /// <summary>Those who read the other script are not served by this one.</summary>
    private static readonly string[] TraditionalChinese = ["zh-Hant", "zh-TW", "zh-HK", "zh-MO"];

    /// <summary>Texts of all languages can be found from now on: the first use of this class sees to it.</summary>
    public static void FindTexts()
    {
    }

    /// <summary>The language of this request.</summary>
    public static string Current => Match(CultureInfo.CurrentUICulture.Name) ?? Default;

    /// <summary>One of <see cref="All"/> for the name of a language, such as de for de-AT; null where there is none.</summary>
    public static string? Match(string? name)
    {
        if (string.IsNullOrEmpty(name) || TraditionalChinese.Any(other => IsSameOrBelow(name, other)))
            return null;
        return All.Select(language => language.Code).FirstOrDefault(code => IsSameOrBelow(name, code.Split('-')[0]));
    }

    internal static void AddServices(IServiceCollection services)
    {
        services.AddLocalization();
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.DefaultRequestCulture = new RequestCulture(CultureInfo.InvariantCulture, new CultureInfo(Default));
            options.SupportedCultures = [CultureInfo.InvariantCulture];
            options.SupportedUICultures = [.. All.Select(language => new CultureInfo(language.Code))];
            options.RequestCultureProviders = [new Provider()];
            options.ApplyCurrentCultureToResponseHeaders = true;
        });
    }

    /// <summary>Keeps the language for this browser.</summary>
    internal static void Remember(HttpContext context, string code) =>
        context.Response.Cookies.Append(CookieName, code, new CookieOptions
        {
            Path = context.Request.PathBase.HasValue ? context.Request.PathBase.Value : "/",
            MaxAge = TimeSpan.FromDays(365),
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            IsEssential = true,
        });

    private static string? Of(HttpRequest request) => Match(request.Query[QueryName]) ?? Match(request.Cookies[CookieName])
        ?? request.GetTypedHeaders().AcceptLanguage.OrderByDescending(language => language.Quality ?? 1)
            .Select(language => Match(language.Value.Value)).FirstOrDefault(match => match is not null);

    /// <summary>
    /// Without culture data .NET takes the script of zh-Hans for a region and writes it in capitals, which names another folder where
    /// names of files are told apart by case.
    /// </summary>
    private static Assembly? ResolveTexts(AssemblyLoadContext context, AssemblyName name) =>
        name.CultureName is { Length: > 0 } culture
        && All.Select(language => language.Code)
            .FirstOrDefault(code => code.Equals(culture, StringComparison.OrdinalIgnoreCase)) is { } folder
        && Path.Combine(AppContext.BaseDirectory, folder, name.Name + ".dll") is var file && File.Exists(file)
            ? context.LoadFromAssemblyPath(file) : null;

    private static bool IsSameOrBelow(string name, string language) => name.Equals(language, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(language + "-", StringComparison.OrdinalIgnoreCase);

    private sealed class Provider : RequestCultureProvider
    {
        public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext) =>
            Task.FromResult(Of(httpContext.Request) is { } language
                ? new ProviderCultureResult(CultureInfo.InvariantCulture.Name, language) : null);
    }
}
