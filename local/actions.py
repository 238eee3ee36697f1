"""Which IAM actions on which resources one boto3 call needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.needs import Names, Need, Params
from local.template import ACCOUNT, REGION


def needs_of(service: str, operation: str, params: Params, names: Names) -> list[Need]:
    """Everything that IAM checks for one call, use of the encrypting key included."""
    if operation == "GetCallerIdentity":  # needs no permission, and no policy can take it
        return []
    found = _BY_SERVICE.get(service, _unscoped)(service, operation, params, names)
    return found + [
        need for each in found for need in key_needs(service, each.action, each.resource, names)
    ]


def key_needs(service: str, action: str, resource: str, names: Names) -> list[Need]:
    """What using an encrypted resource asks of its key, on the caller's behalf."""
    holder = resource.partition("/")[0] if service == "s3" else resource.partition("/index/")[0]
    holder = holder.partition("/stream/")[0]
    key = names.keys.get(holder)
    if key is None or service == "kms":
        return []
    context = (("kms:ViaService", (f"{service}.{REGION}.amazonaws.com",)),)
    return [Need(f"kms:{each}", key, context) for each in _KEY_USES.get(action, _key_use(action))]


_KEY_USES: dict[str, tuple[str, ...]] = {
    "kinesis:PutRecord": ("GenerateDataKey",),
    "kinesis:PutRecords": ("GenerateDataKey",),
    "kinesis:GetRecords": ("Decrypt",),
    "s3:PutObject": ("GenerateDataKey",),
    "s3:GetObject": ("Decrypt",),
    "s3:GetObjectVersion": ("Decrypt",),
    "sqs:SendMessage": ("GenerateDataKey", "Decrypt"),
    "sqs:ReceiveMessage": ("Decrypt",),
    "sns:Publish": ("GenerateDataKey", "Decrypt"),
    "secretsmanager:GetSecretValue": ("Decrypt",),
}


def _key_use(action: str) -> tuple[str, ...]:
    """DynamoDB decrypts the table's key in the caller's name for every call on items."""
    return ("Decrypt",) if action.startswith("dynamodb:") else ()


def _dynamodb(_: str, operation: str, params: Params, names: Names) -> list[Need]:
    if operation in {"BatchGetItem", "BatchWriteItem"}:
        return [
            _items(operation, _table(name), request, names)
            for name, request in params["RequestItems"].items()
        ]
    if operation == "BatchExecuteStatement":
        return [_statement(one["Statement"]) for one in params["Statements"]]
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        return [
            _items(_TRANSACTED[kind], _table(action["TableName"]), action, names)
            for item in params["TransactItems"]
            for kind, action in item.items()
        ]
    table = _table(params.get("TableName", ""))
    if "IndexName" in params:
        return [Need(f"dynamodb:{operation}", f"{table}/index/{params['IndexName']}")]
    return [_items(operation, table, params, names)]


def _statement(text: str) -> Need:
    """PartiQL has actions of its own; a condition on leading keys would need its parameters."""
    verb, name = text.split(maxsplit=1)[0].capitalize(), text.split('"')[1]
    return Need(f"dynamodb:PartiQL{verb}", _table(name))


def _items(operation: str, table: str, request: Any, names: Names) -> Need:
    """The need, with the leading keys of its items where some grant asks for them."""
    hash_key = names.hash_keys.get(table)
    context = () if hash_key is None else (("dynamodb:LeadingKeys", _leading(request, hash_key)),)
    return Need(f"dynamodb:{operation}", table, context)


def _leading(request: Any, hash_key: str) -> tuple[str, ...]:
    """The hash keys that a request names, however deep it names them."""
    if isinstance(request, list):
        return tuple(key for each in request for key in _leading(each, hash_key))
    holders = [request[name] for name in ("Key", "Item") if name in request]
    wrapped = [request[name] for name in ("PutRequest", "DeleteRequest") if name in request]
    wrapped += [{"Key": key} for key in request.get("Keys", [])]
    direct = tuple(str(value) for each in holders for value in each[hash_key].values())
    return direct + tuple(key for each in wrapped for key in _leading(each, hash_key))


_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _table(name: str) -> str:
    full = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    return name if name.startswith("arn:") else full


def _kinesis(_: str, operation: str, params: Params, __: Names) -> list[Need]:
    name = params.get("StreamName", "")
    arn = params.get("StreamARN") or f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    return [Need(f"kinesis:{operation}", arn)]


_S3_ACTIONS = {
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
}


def _s3(_: str, operation: str, params: Params, __: Names) -> list[Need]:
    bucket = f"arn:aws:s3:::{params.get('Bucket', '')}"
    action = f"s3:{_S3_ACTIONS.get(operation, operation)}"
    if operation in {"DeleteObject", "GetObject"} and "VersionId" in params:
        action += "Version"
    if operation == "DeleteObjects":
        keys = [each["Key"] for each in params["Delete"]["Objects"]]
        return [Need("s3:DeleteObject", f"{bucket}/{key}") for key in keys]
    return [Need(action, f"{bucket}/{params['Key']}" if "Key" in params else bucket)]


def _kms(_: str, operation: str, params: Params, __: Names) -> list[Need]:
    ends = (("From", "Source"), ("To", "Destination")) if operation == "ReEncrypt" else (("", ""),)
    return [_kms_need(f"{operation}{way}", params, end) for way, end in ends]


def _kms_need(action: str, params: Params, end: str) -> Need:
    key = params.get(f"{end}KeyId", "")
    if not key and isinstance(params.get("CiphertextBlob"), bytes):
        key = params["CiphertextBlob"][:36].decode("ascii", "replace")  # where moto puts the key
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
    context = params.get(f"{end}EncryptionContext", {})
    pairs = tuple((f"kms:EncryptionContext:{name}", (value,)) for name, value in context.items())
    return Need(f"kms:{action}", arn, pairs)


def _secrets_manager(_: str, operation: str, params: Params, names: Names) -> list[Need]:
    name = str(params.get("SecretId", ""))
    return [Need(f"secretsmanager:{operation}", names.secrets.get(name, name))]


def _sqs(_: str, operation: str, params: Params, __: Names) -> list[Need]:
    queue = params.get("QueueUrl", "").rsplit("/", 1)[-1]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    return [Need(f"sqs:{operation.removesuffix('Batch')}", arn)]


def _sns(_: str, operation: str, params: Params, __: Names) -> list[Need]:
    return [Need(f"sns:{operation.removesuffix('Batch')}", params.get("TopicArn", "*"))]


def _unscoped(service: str, operation: str, _: Params, __: Names) -> list[Need]:
    return [Need(f"{service}:{operation}", "*")]


_BY_SERVICE: dict[str, Callable[[str, str, Params, Names], list[Need]]] = {
    "dynamodb": _dynamodb,
    "kinesis": _kinesis,
    "kms": _kms,
    "s3": _s3,
    "secretsmanager": _secrets_manager,
    "sns": _sns,
    "sqs": _sqs,
}
