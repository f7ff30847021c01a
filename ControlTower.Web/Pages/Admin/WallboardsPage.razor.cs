using ControlTower.Data.Wall;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Tokens of screens on a wall.</summary>
public sealed partial class WallboardsPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<WallToken> tokens = [];
    private IReadOnlyList<string> brands = [];
    private Draft? form;
    private WallToken? asked;
    private (string Name, string Link)? shown;

    [Inject] private WallTokenStore Tokens { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    protected override Following Follows => new("The wallboards");

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        tokens = await Tokens.ListAsync(cancel);
        brands = await Tokens.BrandsAsync(cancel);
    }

    private void Add() => (form, Acts.Wrong) = (new Draft(), null);

    private void Ask(WallToken token) => (asked, Acts.Wrong) = (token, null);

    // An act that is under way shows its end here: a token that nobody sees is lost.
    private void Close()
    {
        if (!Acts.IsBusy)
        {
            (form, asked, Acts.Wrong) = (null, null, null);
        }
    }

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var name = form!.Name.Trim();
        if (name.Length is 0 or > 100 || name.Any(char.IsControl))
        {
            Acts.Wrong = "Give a name of 1 to 100 characters, such as the room where the screen hangs.";
            return;
        }

        var actor = await Actor.MustAsync(Permissions.WallboardsManage);
        var (token, refusal) = await Tokens.MakeAsync(form.Id, name, form.Brand.Length == 0 ? null : form.Brand, actor, Gone);
        Acts.Wrong = refusal switch
        {
            WallRefusal.None => null,
            WallRefusal.UnknownBrand => "No connection has this brand any more. Close this and open it again.",
            _ => "A screen of this name has a token that is good. Withdraw it first, or choose another name.",
        };
        if (token is null)
        {
            return;
        }

        (form, shown) = (null, (name, $"{Navigation.BaseUri.TrimEnd('/')}{Links.Wall}?token={token}"));
        await LoadAsync();
    });

    private Task WithdrawAsync() => Acts.RunAsync(async () =>
    {
        var refusal = await Tokens.WithdrawAsync(asked!.Id, await Actor.MustAsync(Permissions.WallboardsManage), Gone);
        Messages.Add(refusal is WallRefusal.None ? "Withdrawn. Its screen says so within 10 seconds." : "It was withdrawn already.", refusal is WallRefusal.None ? Severity.Success : Severity.Warning);
        asked = null;
        await LoadAsync();
    });

    /// <summary>What stands in the form. The id is made with it: sent twice, it is one token.</summary>
    private sealed class Draft
    {
        public Guid Id { get; } = Guid.NewGuid();

        public string Name { get; set; } = "";

        public string Brand { get; set; } = "";
    }
}
