using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Tryton's JSON-RPC. Each method answers with the result or throws <see cref="CallEnded"/>. A 401 means that the session is over, or not fresh enough for a call that
/// books money: nothing was done, so the call is repeated once after a new sign-in.
/// </summary>
internal sealed class TrytonRpc(ConnectionProfile profile, HttpClient http, TimeProvider clock, TrytonState state)
{
    private readonly Uri address = new($"{profile.Setting("baseUrl").TrimEnd('/')}/{Uri.EscapeDataString(profile.Setting("database"))}/");

    public TimeProvider Clock => clock;

    public TrytonState State => state;

    public Task<JsonElement> ReadAsync(string method, CancellationToken cancel, params JsonNode?[] parameters) => CallAsync(method, parameters, null, write: false, cancel);

    public Task<JsonElement> WriteAsync(string method, CancellationToken cancel, params JsonNode?[] parameters) => CallAsync(method, parameters, null, write: true, cancel);

    public async Task<IReadOnlyList<JsonElement>> SearchAsync(
        string model, JsonArray domain, string[] fields, CancellationToken cancel, int? limit = null, JsonArray? order = null)
    {
        var rows = await ReadAsync($"model.{model}.search_read", cancel, domain, 0, limit, order, TrytonValue.Names(fields)).ConfigureAwait(false);
        return rows.ValueKind == JsonValueKind.Array && rows.EnumerateArray().All(r => r.ValueKind == JsonValueKind.Object)
            ? [.. rows.EnumerateArray()]
            : throw new CallEnded(HttpOutcome.Garbled(write: false, "it lists no records"));
    }

    public async Task<JsonElement> GetAsync(string model, long id, string[] fields, CancellationToken cancel)
    {
        var rows = await SearchAsync(model, new JsonArray(TrytonValue.Clause("id", "=", id)), fields, cancel, limit: 1).ConfigureAwait(false);
        return rows.Count == 1
            ? rows[0]
            : throw new CallEnded(new Outcome.Refused(FailureKind.Missing, "record-gone", string.Create(CultureInfo.InvariantCulture, $"Tryton has no {model} {id}.")));
    }

    /// <summary>These records in the order of their ids.</summary>
    public async Task<IReadOnlyList<JsonElement>> ManyAsync(string model, IReadOnlyList<long> ids, string[] fields, CancellationToken cancel) => ids.Count == 0
        ? []
        : await SearchAsync(model, new JsonArray(TrytonValue.Clause("id", "in", TrytonValue.Ids([.. ids]))), fields, cancel, order: new JsonArray(new JsonArray("id", "ASC")))
            .ConfigureAwait(false);

    /// <summary>Writes to one record if it is still as it was read: two attempts at the same command must not both add to it.</summary>
    public Task WriteUnchangedAsync(string model, long id, string? timestamp, JsonObject values, CancellationToken cancel) => WriteUnchangedAsync(model, [(id, timestamp, values)], cancel);

    /// <summary>Writes to records that are still as they were read, all of them or none.</summary>
    public Task WriteUnchangedAsync(string model, IReadOnlyList<(long Id, string? Timestamp, JsonObject Values)> writes, CancellationToken cancel)
    {
        var read = new JsonObject();
        foreach (var (id, timestamp, _) in writes.Where(w => w.Timestamp is not null))
        {
            read[string.Create(CultureInfo.InvariantCulture, $"{model},{id}")] = timestamp;
        }

        JsonNode?[] pairs = [.. writes.SelectMany(w => new JsonNode[] { TrytonValue.Ids(w.Id), w.Values })];
        return CallAsync($"model.{model}.write", pairs, read.Count == 0 ? null : new JsonObject { ["_timestamp"] = read }, write: true, cancel);
    }

    /// <summary>A write on records whose answer is of no interest: a button of the screens.</summary>
    public Task PressAsync(string model, string button, CancellationToken cancel, params long[] ids)
        => WriteAsync($"model.{model}.{button}", cancel, TrytonValue.Ids(ids));

    /// <summary>Creates one record.</summary>
    public async Task<long> CreateAsync(string model, JsonObject values, CancellationToken cancel)
    {
        var ids = await WriteAsync($"model.{model}.create", cancel, new JsonArray(values)).ConfigureAwait(false);
        return ids.ValueKind == JsonValueKind.Array && ids.GetArrayLength() == 1 && ids[0].TryGetInt64(out var id)
            ? id
            : throw new CallEnded(HttpOutcome.Garbled(write: true, "it names no new record"));
    }

    /// <summary>Starts a wizard about one record; the session must be deleted when done.</summary>
    public async Task<long> StartWizardAsync(string wizard, JsonObject about, CancellationToken cancel)
    {
        var started = await CallAsync($"wizard.{wizard}.create", [], about, write: true, cancel).ConfigureAwait(false);
        return started.ValueKind == JsonValueKind.Array && started.GetArrayLength() > 0 && started[0].TryGetInt64(out var id)
            ? id
            : throw new CallEnded(HttpOutcome.Garbled(write: true, "it names no wizard"));
    }

    public Task<JsonElement> StepWizardAsync(string wizard, long id, JsonObject data, string step, JsonObject about, CancellationToken cancel)
        => CallAsync($"wizard.{wizard}.execute", [id, data, step], about, write: true, cancel);

    /// <summary>Tidies up a wizard's session. That it could not be is of no consequence: Tryton removes old ones itself.</summary>
    public async Task EndWizardAsync(string wizard, long id, CancellationToken cancel)
    {
        try
        {
            await WriteAsync($"wizard.{wizard}.delete", cancel, id).ConfigureAwait(false);
        }
        catch (CallEnded)
        {
            // See the summary.
        }
    }

    public static JsonObject About(string model, long id) => new() { ["active_model"] = model, ["active_id"] = id, ["active_ids"] = TrytonValue.Ids(id) };

    public async Task<TrytonSession> SessionAsync(CancellationToken cancel)
    {
        if (state.Session is { } session)
        {
            return session;
        }

        await state.SignIn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return state.Session ??= await SignInAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            state.SignIn.Release();
        }
    }

    private async Task<TrytonSession> SignInAsync(CancellationToken cancel)
    {
        var user = profile.Setting("user");
        var login = await ExchangeAsync("common.db.login", [user, new JsonObject { ["password"] = profile.Secret("password") }, "en"], null, write: false, cancel).ConfigureAwait(false);
        if (login is not { ValueKind: JsonValueKind.Array } given || given.GetArrayLength() < 2 || !given[0].TryGetInt64(out var id) || given[1].ValueKind != JsonValueKind.String)
        {
            throw new CallEnded(new Outcome.NotDone(FailureKind.Connection, "Tryton refused the sign-in. Check database, user and password."));
        }

        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{user}:{id}:{given[1].Text()}")));
        var authorization = $"Session {token}";
        var preferences = await ExchangeAsync("model.res.user.get_preferences", [true, new JsonObject()], authorization, write: false, cancel).ConfigureAwait(false);
        if (preferences is not { ValueKind: JsonValueKind.Object } known || TrytonValue.Id(known, "company") is not { } company)
        {
            throw new CallEnded(new Outcome.NotDone(FailureKind.Connection, "Tryton let us in, but the user has no company. Give the user a company."));
        }

        var context = (JsonObject)JsonNode.Parse(known.GetRawText())!;
        context["language"] = "en";
        return new TrytonSession(authorization, context, company);
    }

    private async Task<JsonElement> CallAsync(string method, JsonNode?[] parameters, JsonObject? about, bool write, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var session = await SessionAsync(cancel).ConfigureAwait(false);
            var context = (JsonObject)session.Context.DeepClone();
            foreach (var (name, value) in about ?? [])
            {
                context[name] = value?.DeepClone();
            }

            var answer = await ExchangeAsync(method, [.. parameters.Select(p => p?.DeepClone()), context], session.Authorization, write, cancel).ConfigureAwait(false);
            if (answer is { } result)
            {
                return result;
            }

            if (attempt > 1)
            {
                throw new CallEnded(new Outcome.NotDone(FailureKind.Connection, "Tryton does not accept the session it has just given. Check its session settings."));
            }

            if (ReferenceEquals(state.Session, session))
            {
                state.Session = null;
            }
        }
    }

    /// <summary>The result; null for a 401.</summary>
    private async Task<JsonElement?> ExchangeAsync(string method, JsonNode?[] parameters, string? authorization, bool write, CancellationToken cancel)
    {
        var body = new JsonObject { ["id"] = 1, ["method"] = method, ["params"] = new JsonArray(parameters) };
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);
        if (exchange is Exchange.Answered { Status: System.Net.HttpStatusCode.Unauthorized })
        {
            return null;
        }

        if ((write ? HttpOutcome.OfWrite(exchange) : HttpOutcome.OfRead(exchange)) is { } failure)
        {
            throw new CallEnded(failure);
        }

        return Result((Exchange.Answered)exchange, write);
    }

    private static JsonElement Result(Exchange.Answered answer, bool write)
    {
        if (!answer.IsSuccess)
        {
            throw new CallEnded(new Outcome.Refused(
                FailureKind.Connection, "not-tryton", $"Answered {(int)answer.Status}. Check the connection's address and database."));
        }

        try
        {
            using var parsed = JsonDocument.Parse(answer.Body);
            var root = parsed.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error))
            {
                throw new CallEnded(TrytonErrors.Of(error));
            }

            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("result", out var result)
                ? result.Clone()
                : throw new CallEnded(HttpOutcome.Garbled(write, "it is no JSON-RPC answer"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new CallEnded(HttpOutcome.Garbled(write, "it is no JSON"));
        }
    }
}
