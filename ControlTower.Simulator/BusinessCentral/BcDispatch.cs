using System.Text.Json;
using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Finds what a call is about and does it.</summary>
internal sealed class BcDispatch(Company company, Notifier notifier, FaultBoard board, string baseUrl)
{
    private readonly BcQuery query = new(company, baseUrl);

    private Tables Tables => company.Tables;

    public Task<BcAnswer> RunAsync(BcCall call) => call.Path switch
    {
        [] => Task.FromResult(new BcAnswer(200, new Dictionary<string, object?> { ["@odata.context"] = $"{baseUrl}/$metadata", ["value"] = BcSchema.Entities.Keys.Select(s => new { name = s, kind = "EntitySet", url = s }) })),
        [{ Name: "companies", Key: null }] when call.Method == "GET" => Task.FromResult(new BcAnswer(200, new Dictionary<string, object?> { ["@odata.context"] = $"{baseUrl}/$metadata#companies", ["value"] = new[] { Itself() } })),
        [{ Name: "companies", Key: not null } one] when call.Method == "GET" && Known(one) => Task.FromResult(new BcAnswer(200, Itself())),
        [{ Name: "subscriptions" }] => new SubscriptionApi(company, notifier, baseUrl).RunAsync(call),
        [{ Name: "companies", Key: not null } one, _, ..] when Known(one) => InCompany(call with { Path = call.Path.Skip(1).ToList() }),
        [var first, ..] => throw BcError.NoSegment(first.Name),
    };

    private bool Known(Segment segment) => segment.Id == company.Id ? true : throw new BcError(404, "Internal_CompanyNotFound", $"The company \"{segment.Key}\" does not exist.");

    private Dictionary<string, object?> Itself()
    {
        var opened = new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
        return new()
        {
            ["id"] = company.Id, ["systemVersion"] = "29.0.0.0", ["timestamp"] = 4711L, ["name"] = company.Name, ["displayName"] = company.Name, ["businessProfileId"] = "",
            ["systemCreatedAt"] = BcRecord.Wire(opened), ["systemCreatedBy"] = Guid.Empty, ["systemModifiedAt"] = BcRecord.Wire(opened), ["systemModifiedBy"] = Guid.Empty,
        };
    }

    private async Task<BcAnswer> InCompany(BcCall call)
    {
        var set = call.Path[0].Name;
        if (!BcSchema.Entities.TryGetValue(set, out var entity)) throw BcError.NoSegment(set);
        var path = $"companies({company.Id})/{set}";
        if (call.Method == "GET") return company.Read(() => Get(call, entity, path));
        Refuse(call);
        return (call.Method, call.Path) switch
        {
            ("POST", [{ Key: null }]) => await Insert(call, entity, path),
            ("PATCH", [{ Key: not null } one]) => await company.ChangeAsync(change => Patch(change, call, entity, one.Id, path)),
            ("DELETE", [{ Key: not null } one]) => await company.ChangeAsync(change => Delete(change, call, entity, one.Id)),
            ("POST", [{ Key: not null } one, { Key: null } action]) when action.Name.StartsWith("Microsoft.NAV.", StringComparison.Ordinal) => await company.ChangeAsync(change => Act(change, entity, one.Id, action.Name)),
            ("POST", [{ Key: not null } one, { Key: null } lines]) => await company.ChangeAsync(change => AddLine(change, call, Need(entity, one.Id), lines.Name)),
            ("PATCH", [{ Key: not null }, { Key: not null } line]) when entity.Navigation.TryGetValue(line.Name, out var target) => await company.ChangeAsync(change => Patch(change, call, BcSchema.Entities[target], line.Id, $"companies({company.Id})/{target}")),
            ("DELETE", [{ Key: not null }, { Key: not null } line]) when entity.Navigation.TryGetValue(line.Name, out var target) => await company.ChangeAsync(change => Delete(change, call, BcSchema.Entities[target], line.Id)),
            _ => throw new BcError(405, "BadRequest_MethodNotAllowed", $"The request method {call.Method} is not supported for this resource."),
        };
    }

    private BcRecord Need(BcEntity entity, Guid id) => Tables.Find(entity.Set, id) ?? throw BcError.NotFound();

    private BcAnswer Get(BcCall call, BcEntity entity, string path)
    {
        switch (call.Path)
        {
            case [{ Key: null }]:
                if (entity.Field("documentId") is not null && call.Option("$filter")?.Contains("documentId eq", StringComparison.Ordinal) != true) throw BcError.Dialog("You must specify an Id or a Document Id to get the lines.");
                return new BcAnswer(200, query.List(call, entity, Tables.All(entity.Set), path));
            case [{ Key: not null } one]:
                return new BcAnswer(200, query.One(call, Need(entity, one.Id), path));
            case [{ Key: not null } one, { Key: null } part]:
                var children = BcQuery.Children(company, Need(entity, one.Id), part.Name);
                return new BcAnswer(200, query.List(call, BcSchema.Entities[entity.Navigation[part.Name]], children, $"{path}({one.Id})/{part.Name}"));
            case [{ Key: not null } one, { Key: not null } part]:
                var child = BcQuery.Children(company, Need(entity, one.Id), part.Name).FirstOrDefault(c => c.Id == part.Id) ?? throw BcError.NotFound();
                return new BcAnswer(200, query.One(call, child, $"{path}({one.Id})/{part.Name}"));
            default:
                throw BcError.NoSegment(call.Path[^1].Name);
        }
    }

    private async Task<BcAnswer> Insert(BcCall call, BcEntity entity, string path)
    {
        if (!entity.Insert) throw new BcError(405, "BadRequest_MethodNotAllowed", $"Entity does not support insert. Entity: {entity.Set}.");
        return await company.ChangeAsync(change =>
        {
            var record = SalesDocuments.LinesOf(entity.Set) is not null
                ? new SalesDocuments(company).Create(change, entity.Set, call.NeedBody())
                : new MasterData(company).Create(change, entity, call.NeedBody());
            return Created(call, record, path);
        });
    }

    private BcAnswer Created(BcCall call, BcRecord record, string path) => new(201, query.One(call, Tables.Find(record.Entity.Set, record.Id)!, path), $"{baseUrl}/{path}({record.Id})");

    private BcAnswer AddLine(BcChange change, BcCall call, BcRecord parent, string name)
    {
        var path = $"companies({company.Id})/{parent.Entity.Set}({parent.Id})/{name}";
        if (name == SalesDocuments.LinesOf(parent.Entity.Set)) return Created(call, new SalesDocuments(company).AddLine(change, parent.Copy(), call.NeedBody()), path);
        if (name == Journals.LinesOf(parent.Entity.Set)) return Created(call, new Journals(company).AddLine(change, parent, call.NeedBody()), path);
        throw BcError.NoSegment(name);
    }

    private BcAnswer Patch(BcChange change, BcCall call, BcEntity entity, Guid id, string path)
    {
        var record = Need(entity, id);
        if (!entity.Update) throw new BcError(405, "BadRequest_MethodNotAllowed", $"Entity does not support modify. Entity: {entity.Set}.");
        call.Check(record.Etag);
        var body = call.NeedBody();
        var documents = new SalesDocuments(company);
        if (SalesDocuments.LinesOf(entity.Set) is not null) documents.Update(change, record.Copy(), body);
        else if (entity.Set is "salesOrderLines" or "salesInvoiceLines" or "salesCreditMemoLines") documents.UpdateLine(change, Need(BcSchema.Entities[SalesDocuments.HeaderOf(entity.Set)], record.Ref("documentId")).Copy(), record.Copy(), body);
        else new MasterData(company).Update(change, record.Copy(), body);
        return new BcAnswer(200, query.One(call, Tables.Find(entity.Set, id)!, path));
    }

    private BcAnswer Delete(BcChange change, BcCall call, BcEntity entity, Guid id)
    {
        var record = Need(entity, id);
        if (!entity.Delete) throw new BcError(405, "BadRequest_MethodNotAllowed", $"Entity does not support delete. Entity: {entity.Set}.");
        call.Check(record.Etag);
        var documents = new SalesDocuments(company);
        if (SalesDocuments.LinesOf(entity.Set) is not null) documents.Remove(change, record);
        else if (entity.Set is "salesOrderLines" or "salesInvoiceLines" or "salesCreditMemoLines") documents.RemoveLine(change, Need(BcSchema.Entities[SalesDocuments.HeaderOf(entity.Set)], record.Ref("documentId")).Copy(), record);
        else Tables.Remove(change, record);
        return new BcAnswer(204);
    }

    private BcAnswer Act(BcChange change, BcEntity entity, Guid id, string action)
    {
        if (!entity.Actions.Contains(action)) throw BcError.NoSegment(action);
        var posting = new Posting(company);
        switch (entity.Set, action["Microsoft.NAV.".Length..])
        {
            case ("salesOrders", "shipAndInvoice"):
                var invoice = posting.ShipAndInvoice(change, Need(entity, id));
                return new BcAnswer(204, null, $"{baseUrl}/companies({company.Id})/salesInvoices({invoice.Id})");
            case ("salesInvoices" or "salesCreditMemos", "post"):
                posting.PostDraft(change, Need(entity, id));
                return new BcAnswer(204, null, $"{baseUrl}/companies({company.Id})/{entity.Set}({id})");
            case ("salesInvoices", "makeCorrectiveCreditMemo"):
                var memo = posting.Correct(change, Need(entity, id));
                return new BcAnswer(204, null, $"{baseUrl}/companies({company.Id})/salesCreditMemos({memo.Id})");
            case ("journals", "post"):
                var batch = Tables.Find("journals", id) ?? Tables.Find("customerPaymentJournals", id) ?? throw BcError.Dialog($"The General Journal Batch with ID {id} cannot be found.");
                new Journals(company).Post(change, batch);
                return new BcAnswer(204, null, $"{baseUrl}/companies({company.Id})/{batch.Entity.Set}({id})");
            default:
                throw BcError.Dialog($"The estate does not model {entity.Set} {action}.");
        }
    }

    /// <summary>A refusal that was switched on: the ERP understood and says no, nothing is changed.</summary>
    private void Refuse(BcCall call)
    {
        var path = string.Join('/', call.Path.Select(p => p.Name));
        if (board.Take(true, path, FaultKinds.Refuse) is not { } fault) return;
        var customer = call.Body is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("customerNumber", out var number) ? number.ToString() : "10000";
        throw fault.Reason switch
        {
            "unknown-sku" => BcError.Relation("No.", "Sales Line", "UNKNOWN", "Item"),
            "blocked-customer" => BcError.Dialog($"You cannot create this type of document when Customer {customer} is blocked with type All."),
            "closed-period" or null => BcError.Dialog($"The Posting Date {company.Today:yyyy-MM-dd} is not within your range of allowed posting dates."),
            var text => BcError.Dialog(text),
        };
    }
}
