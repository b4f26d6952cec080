using Microsoft.AspNetCore.Identity;
using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>
/// Somebody who signs in. The account points to the annotator who acts; no row of the other database points to an account.
/// </summary>
public sealed class UserAccount : IdentityUser<Guid>
{
    public UserAccount() => Id = Guid.CreateVersion7();

    /// <summary>The annotator in rlhf.db.</summary>
    public Guid AnnotatorId { get; init; }

    public AccountRole Role { get; set; }

    /// <summary>A disabled account cannot sign in, and its tokens are refused.</summary>
    public bool Disabled { get; set; }

    /// <summary>Made for a worker of another platform who followed a link: it has no password.</summary>
    public bool IsGuest { get; init; }

    /// <summary>The language of the pages that they chose; null for the browser's.</summary>
    public string? Language { get; set; }

    /// <summary>Whether single keys do something on the labeling page (WCAG 2.1.4 asks for a way to switch them off).</summary>
    public bool SingleKeyShortcuts { get; set; } = true;

    public DateTimeOffset Created { get; init; }
}
